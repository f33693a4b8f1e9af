import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage, probeVideo } from "@vicinity/media";
import { decodeRle } from "@vicinity/vision";
import { namesIn, withCommand, writeClip, writePicture } from "./command_line.ts";

interface Thing {
  readonly classId: number;
  readonly className: string;
  readonly score: number;
  readonly box: readonly [number, number, number, number];
}

interface Document {
  readonly task: string;
  readonly result: { readonly detections: readonly Thing[] };
}

async function jsonAt<T>(path: string): Promise<T> {
  return JSON.parse(await Deno.readTextFile(path)) as T;
}

Deno.test("things of a picture are boxed, listed and outlined alike in all results", async () => {
  await withCommand("detect", async (folder, detect) => {
    await writePicture(join(folder, "12.png"), 90, 60);
    const save = "overlay,labels,coco,polygons,json";
    const ended = await detect(["12.png", "--save", save, "--conf", "0", "--max-boxes", "5"]);
    assert.equal(ended.code, 0, ended.stderr);
    const at = (name: string) => join(folder, "out", name);
    const { task, result } = await jsonAt<Document>(at("12.json"));
    assert.equal(task, "detect2d");
    assert.equal(result.detections.length, 5);
    for (const { className, box: [x1, y1, x2, y2] } of result.detections) {
      assert.ok(["mammal", "bird"].includes(className));
      assert.ok(0 <= x1 && x1 < x2 && x2 <= 90 && 0 <= y1 && y1 < y2 && y2 <= 60);
    }
    const coco = await jsonAt<
      {
        image_id: number;
        bbox: number[];
        segmentation: { size: [number, number]; counts: string };
      }[]
    >(at("12.coco.json"));
    assert.equal(coco[0]?.image_id, 12);
    for (const [index, { bbox: [x = 0, y = 0, w = 0, h = 0], segmentation }] of coco.entries()) {
      const box = result.detections[index]?.box ?? [];
      for (const [side, value] of [x, y, x + w, y + h].entries()) {
        assert.ok(Math.abs(value - (box[side] ?? NaN)) < 1e-3);
      }
      const mask = decodeRle(segmentation);
      for (const [pixel, inside] of mask.entries()) {
        if (inside === 0) continue;
        const [column, row] = [pixel % 90, Math.floor(pixel / 90)];
        assert.ok(column >= x - 2 && column <= x + w + 1 && row >= y - 2 && row <= y + h + 1);
      }
    }
    const outlines = await jsonAt<{ features: unknown[] }>(at("12.polygons.json"));
    assert.equal(outlines.features.length, 5);
    const overlay = await decodeImage(await Deno.readFile(at("12.overlay.png")));
    assert.deepEqual([overlay.width, overlay.height], [90, 60]);
  });
});

Deno.test("thresholds and classes decide what is found", async () => {
  await withCommand("detect", async (folder, detect) => {
    await writePicture(join(folder, "a.png"), 90, 60);
    const none = await detect(["a.png", "--conf", "1", "--save", "json"]);
    assert.equal(none.code, 0, none.stderr);
    assert.match(none.stderr, /^a\.png: nothing/m);
    const args = ["a.png", "--conf", "0", "--classes", "mammal", "--save", "json", "--overwrite"];
    const some = await detect(args);
    assert.equal(some.code, 0, some.stderr);
    const { result } = await jsonAt<Document>(join(folder, "out", "a.json"));
    assert.ok(result.detections.every(({ className }) => className === "mammal"));
    const outside = await detect(["a.png", "--conf", "1.5"]);
    assert.equal(outside.code, 2, outside.stderr);
  });
});

Deno.test("things of a video are painted on every frame", async () => {
  await withCommand("detect", async (folder, detect) => {
    await writeClip(join(folder, "a.mp4"), 0.2);
    const ended = await detect(["a.mp4", "--conf", "0", "--every", "5"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(namesIn(join(folder, "out")), ["a.json", "a.overlay.mp4", "run.json"]);
    const info = await probeVideo(join(folder, "out", "a.overlay.mp4"));
    assert.deepEqual([info.frames, info.audio.length], [5, 1]);
    const { result } = await jsonAt<{ result: { frames: number; detections: Thing[][] } }>(
      join(folder, "out", "a.json"),
    );
    assert.deepEqual([result.frames, result.detections.length], [5, 5]);
  });
});
