import assert from "node:assert/strict";
import { modelsText } from "./model_list.ts";
import type { Task } from "./packages.ts";

interface Listed {
  readonly id: string;
  readonly task: string;
  readonly params?: number;
  readonly approximateBytes?: number;
  readonly bytes?: number;
  readonly input?: string;
  readonly licence: string;
  readonly source: string;
}

async function listed(...tasks: Task[]): Promise<(id: string) => Listed> {
  const models = JSON.parse(await modelsText(tasks, true)) as Listed[];
  for (const { licence, source, task } of models) assert.ok(licence && source && task);
  return (id) => models.find((model) => model.id === id) ?? assert.fail(id);
}

Deno.test("programs are told of published models what is known of our own", async () => {
  const classifier = await listed("classify");
  const { params, approximateBytes, input } = classifier("dinat-mini");
  assert.deepEqual([params, approximateBytes, input], [19_984_174, 4 * 19_984_174, "224 x 224"]);
  assert.equal(classifier("dinat-large-384").input, "384 x 384");
  const own = classifier("dinat-fashion");
  assert.deepEqual([own.params, own.bytes, own.input], [441_148, 890_424, "56 x 56"]);
  const pixels = await listed("semantic", "instance", "manipulation");
  assert.equal(pixels("upernet-dinat-mini").input, "512, up to 2048");
  // The file has two pairs of adapters of the first block and a convolution that nothing uses.
  assert.equal(pixels("relayformer").params, 91_909_179 - 98_304 - 10);
  assert.equal(pixels("relayformer-2025").params, undefined);
});

Deno.test("people are told licence, size, input and source, and what only a file tells", async () => {
  const text = await modelsText(["semantic", "manipulation", "detect3d"], false);
  const [titles = "", ...rows] = text.trimEnd().split("\n");
  assert.match(titles, /^model +task +input +parameters +file +licence +source$/);
  const row = (id: string) => rows.find((line) => line.startsWith(`${id} `)) ?? assert.fail(id);
  assert.match(
    row("dinat-sky-animal"),
    /semantic +192, up to 1024 +1\.62 M +3\.1 MiB +Apache-2\.0 +models\/dinat-sky-animal\/README\.md, made by scripts\/train\/dinat$/,
  );
  assert.match(
    row("upernet-nat-base"),
    /512, up to 2048 +122\.06 M +yours to bring, about 465\.6 MiB +MIT +https:.*nat_base.*\.pth$/,
  );
  assert.match(row("relayformer-2025"), /unknown +unknown +yours to bring +not stated +https:/);
  assert.match(row("dsvt-mini"), /points in 102\.4 x 102\.4 m/);
  assert.match(await modelsText(["upscale"], false), /any size, x2 x3 x4 /);
});
