import assert from "node:assert/strict";
import { join } from "node:path";
import { namesIn, runTask } from "./command_line.ts";

const PHOTO = new URL("../fixtures/pictures/launch-pad.png", import.meta.url).pathname;

async function withPhoto(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    await Deno.copyFile(PHOTO, join(folder, "photo.png"));
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

interface Document {
  readonly model: { readonly id: string; readonly dtype: string };
  readonly result: {
    readonly classes?: readonly { readonly name: string; readonly fraction: number }[];
    readonly detections?: readonly { readonly className: string }[];
  };
}

Deno.test("segment, detect and classify work at once with the models that are shipped", async () => {
  await withPhoto(async (cwd) => {
    for (const task of ["segment", "detect", "classify"]) {
      const dtype = task === "classify" ? "f16" : "f32";
      const options = ["--json", "-o", task, "--dtype", dtype];
      const ended = await runTask(task, ["photo.png", ...options], { cwd });
      assert.equal(ended.code, 0, ended.stderr);
      const { model, result } = JSON.parse(new TextDecoder().decode(ended.stdout)) as Document;
      assert.match(model.id, /^dinat-/);
      assert.equal(model.dtype, dtype);
      assert.ok(result.classes ?? result.detections);
    }
    assert.deepEqual(namesIn(join(cwd, "segment")), [
      "photo.json",
      "photo.labels.png",
      "photo.overlay.png",
      "run.json",
    ]);
    assert.deepEqual(namesIn(join(cwd, "detect")), ["photo.json", "photo.overlay.png", "run.json"]);
  });
});

Deno.test("a scan goes to the shipped detector of scans without being told", async () => {
  await withPhoto(async (cwd) => {
    const street = new URL("../fixtures/lidar/street.bin", import.meta.url).pathname;
    await Deno.copyFile(street, join(cwd, "street.bin"));
    const ended = await runTask("detect", ["street.bin", "--json"], { cwd });
    assert.equal(ended.code, 0, ended.stderr);
    const { model, result } = JSON.parse(new TextDecoder().decode(ended.stdout)) as Document;
    assert.equal(model.id, "dsvt-mini");
    // Cars are parked on both sides of the street.
    assert.ok(result.detections?.some(({ className }) => className === "vehicle"));
    assert.deepEqual(namesIn(join(cwd, "out")), ["run.json", "street.bev.png", "street.json"]);
  });
});

Deno.test("without an input segment makes a picture, finds its sky and says where to look", async () => {
  await withPhoto(async (cwd) => {
    const ended = await runTask("segment", ["--json"], { cwd });
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /^look at out\/vicinity-demo\.overlay\.png$/m);
    const { result } = JSON.parse(new TextDecoder().decode(ended.stdout)) as Document;
    const sky = result.classes?.find(({ name }) => name === "sky")?.fraction ?? 0;
    // The sky of the demonstration covers a good third of it, behind two discs and hills.
    assert.ok(sky > 0.25 && sky < 0.55, `${sky}`);
  });
});
