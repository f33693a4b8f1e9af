import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { SafetensorsFile, type TensorToWrite, writeSafetensors } from "@vicinity/checkpoint";
import { FileSource } from "@vicinity/checkpoint/deno";
import { open } from "@vicinity/tensor";
import { assertUsual } from "@vicinity/tensor/testing";
import { evaluate } from "../scripts/golden/evaluate.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const fixtures = join(root, "fixtures", "golden");

/** Half a step of float32 at 1. */
const ROUNDING = 2 ** -24;

/** Golden files of a folder and of those inside it. */
function filesOf(folder: string): string[] {
  return readdirSync(folder, { encoding: "utf8", recursive: true })
    .filter((name) => name.endsWith(".safetensors"))
    .sort();
}

for (const { name: folder, isDirectory } of Deno.readDirSync(fixtures)) {
  if (!isDirectory) continue;
  Deno.test(`${folder} gives the outputs of the authors' code`, async (test) => {
    using gpu = await open();
    const tools = { gpu: () => Promise.resolve(gpu) };
    for (const file of filesOf(join(fixtures, folder))) {
      await test.step(file, async () => {
        const before = gpu.stats.liveBytes;
        const verdicts = await Array.fromAsync(evaluate(join(fixtures, folder, file), tools));
        assert.ok(verdicts.length > 0, "nothing was compared");
        assert.deepEqual(verdicts.filter(({ ok }) => !ok), []);
        const rounded = verdicts.flatMap(({ errors }) =>
          // Where classes or bytes differ it is by whole numbers, and by chance.
          errors && !Number.isInteger(errors.absolute) ? [errors.scaled] : []
        );
        if (rounded.length > 0) assertUsual(`${folder}/${file}`, Math.max(...rounded), ROUNDING);
        assert.equal(gpu.stats.liveBytes, before);
      });
    }
  });
}

/** Runs the command as a person does. */
async function golden(...paths: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--no-prompt", "--allow-read", "--allow-env=INIT_CWD"],
      join(root, "scripts", "golden", "main.ts"),
      ...paths,
    ],
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

/** What is different in a copy of a fixture. */
interface Changes {
  readonly metadata?: Record<string, string>;
  readonly values?: (value: number) => number;
  readonly extra?: TensorToWrite;
}

async function changedNoise({ metadata, values = (value) => value, extra }: Changes) {
  using source = await FileSource.open(noise);
  const file = await SafetensorsFile.open(source);
  const tensors: TensorToWrite[] = extra ? [extra] : [];
  for (const [name, { shape }] of file.tensors) {
    tensors.push({ name, dtype: "F32", shape, values: (await file.float32(name)).map(values) });
  }
  const copy = await Deno.makeTempFile({ suffix: ".safetensors" });
  await Deno.writeFile(copy, writeSafetensors(tensors, { ...file.metadata, ...metadata }));
  return copy;
}

const noise = join(fixtures, "simplegvr", "noise_hash.safetensors");

Deno.test("the golden command prints a line an output and succeeds when all are close", async () => {
  const { code, out } = await golden(noise);
  const [line = "", summary] = out.split("\n");
  assert.match(
    line,
    /^noise_hash +output\.noise +\d\.\d\de[+-]\d+ +\d\.\d\de[+-]\d+ +2e-5\(1\+\|ref\|\), rel 1e-4 +ok$/,
  );
  assert.equal(summary, "1 passed, 0 failed");
  assert.equal(code, 0);
});

Deno.test("the golden command ends with status 1 when an output is off", async () => {
  const off = await changedNoise({ values: (value) => value * 1.001 });
  const { code, out } = await golden(off);
  await Deno.remove(off);
  assert.match(out, /output\.noise .* FAIL\n0 passed, 1 failed\n$/);
  assert.equal(code, 1);
});

Deno.test("a golden output that nothing makes is a failure", async () => {
  const more = await changedNoise({
    extra: { name: "output.silence", dtype: "F32", shape: [1], values: [0] },
  });
  const { code, out } = await golden(more);
  await Deno.remove(more);
  assert.match(out, /output\.silence .* FAIL nothing made it\n1 passed, 1 failed\n$/);
  assert.equal(code, 1);
});

Deno.test("unknown packages, kinds and paths end with status 2 after the rest has run", async () => {
  const strange = await changedNoise({ metadata: { kind: "telepathy" } });
  const foreign = await changedNoise({ metadata: { package: "abacus" } });
  const text = await Deno.makeTempFile({ suffix: ".safetensors" });
  await Deno.writeTextFile(text, "not a checkpoint at all");
  const nowhere = join(fixtures, "no-such-folder");
  const { code, out, err } = await golden(strange, foreign, text, nowhere, noise);
  for (const path of [strange, foreign, text]) await Deno.remove(path);
  assert.match(err, /kind telepathy of simplegvr is unknown/);
  assert.match(err, /package abacus is unknown/);
  assert.match(err, /Cannot read .*\.safetensors/);
  assert.match(err, /no-such-folder: there is no such file or folder/);
  assert.match(out, /1 passed, 0 failed\n$/);
  assert.equal(code, 2);
});
