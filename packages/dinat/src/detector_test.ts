import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import {
  type Checkpoint,
  CheckpointError,
  Parameters,
  type WeightSource,
  WeightStore,
} from "@vicinity/checkpoint";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import { type Gpu, open, ShapeError, sizeOf } from "@vicinity/tensor";
import { pasteMask, type RgbPicture } from "@vicinity/vision";
import { TwoStageDinat } from "./dense.ts";
import { describeDetector, type DetectorDescription } from "./describe.ts";
import { DETECTORS } from "./detection_config.ts";
import { Detector } from "./load.ts";

/** A stored case whose weights make a small detector. */
const FIXTURE = fileURLToPath(
  new URL("../../../fixtures/golden/dinat/maskrcnn_dinat.safetensors", import.meta.url),
);

function tinyDetector(scoreThreshold: number): DetectorDescription {
  const { detector } = DETECTORS["mask_rcnn-dinat-mini"]?.network ?? {};
  assert.ok(detector);
  return {
    network: {
      backbone: {
        layout: "nat",
        embedDim: 4,
        mlpRatio: 2,
        depths: [1, 1, 2, 1],
        heads: [1, 1, 2, 4],
        kernel: 3,
        dilations: [[5], [1], [1, 3], [1]],
        layerScale: false,
      },
      detector: {
        ...detector,
        classes: 4,
        neck: { channels: 8, levels: 5 },
        rpn: { ...detector.rpn, channels: 8 },
        stages: detector.stages.map((stage) => ({ ...stage, fcChannels: 16 })),
        mask: { roiSize: 14, convs: 4, channels: 8, threshold: 0.5 },
        proposals: { preNms: 40, postNms: 50, iou: 0.7, minSize: 0 },
        detections: { scoreThreshold, iou: 0.5, max: 7 },
      },
    },
    classes: ["a", "b", "c", "d"].map((name) => ({ name, color: [0, 0, 0] })),
    input: { longest: 96, shortest: 60, divisor: 32 },
  };
}

async function loadTiny(gpu: Gpu, scoreThreshold = 0.05): Promise<Detector> {
  using checkpoint = await openCheckpoint(FIXTURE, { prefix: "weight" });
  const metadata = { config: JSON.stringify(tinyDetector(scoreThreshold)) };
  return await Detector.load({ gpu, weights: { ...checkpoint, metadata } });
}

function photoOf(width: number, height: number): RgbPicture {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => 128 + 100 * Math.sin(at * 0.011) * Math.cos(at % (3 * width) * 0.07),
  );
  return { width, height, data };
}

Deno.test("detections lie in the photograph, best first, each with its outline", async () => {
  using gpu = await open();
  using detector = await loadTiny(gpu);
  const photo = photoOf(80, 50);
  const found = await detector.run(photo);
  assert.ok(found.length > 1 && found.length <= 7);
  const scores = found.map(({ score }) => score);
  assert.deepEqual(scores, scores.toSorted((a, b) => b - a));
  for (const { classId, box: [x1, y1, x2, y2], mask, box } of found) {
    assert.ok(Number.isInteger(classId) && classId >= 0 && classId < 4);
    assert.ok(x1 >= 0 && y1 >= 0 && x2 <= 80 && y2 <= 50 && x2 > x1 && y2 > y1);
    assert.ok(mask && mask.side === 28 && mask.probabilities.every((p) => p >= 0 && p <= 1));
    const { x, y, width, height, data } = pasteMask(mask, box, photo);
    assert.equal(data.length, width * height);
    assert.ok(x >= 0 && y >= 0 && x + width <= 80 && y + height <= 50);
  }
});

Deno.test("a program serves photographs that are padded to one size, and memory does not grow", async () => {
  using gpu = await open();
  const before = gpu.stats.liveBytes;
  {
    using detector = await loadTiny(gpu);
    const [wide, narrow, tall] = [photoOf(80, 50), photoOf(79, 50), photoOf(50, 80)];
    const first = await detector.run(wide);
    const one = gpu.stats.liveBytes;
    assert.notDeepEqual(await detector.run(narrow), first);
    assert.deepEqual(await detector.run(wide), first);
    assert.equal(gpu.stats.liveBytes, one);
    const other = await detector.run(tall);
    const two = gpu.stats.liveBytes;
    assert.deepEqual(await detector.run(wide), first);
    assert.deepEqual(await detector.run(tall), other);
    assert.equal(gpu.stats.liveBytes, two);
  }
  assert.equal(gpu.stats.liveBytes, before);
});

Deno.test("photographs that are asked about at once do not mix", async () => {
  using gpu = await open();
  using detector = await loadTiny(gpu);
  const photos = [photoOf(80, 50), photoOf(50, 80), photoOf(79, 50)];
  const alone = [];
  for (const photo of photos) alone.push(await detector.run(photo));
  assert.deepEqual(await Promise.all(photos.map((photo) => detector.run(photo))), alone);
});

Deno.test("nothing is found where no score is above the threshold", async () => {
  using gpu = await open();
  using detector = await loadTiny(gpu, 0.9999);
  assert.deepEqual(await detector.run(photoOf(64, 64)), []);
  using lenient = await loadTiny(gpu);
  const all = await lenient.run(photoOf(80, 50));
  const [, second] = all;
  assert.ok(second);
  const sure = await lenient.run(photoOf(80, 50), { scoreThreshold: second.score });
  assert.deepEqual(sure, all.slice(0, 1));
});

Deno.test("a picture without pixels or with other samples is refused", async () => {
  using gpu = await open();
  using detector = await loadTiny(gpu);
  const data = new Uint8Array(11);
  await assert.rejects(detector.run({ width: 2, height: 2, data }), ShapeError);
  await assert.rejects(detector.run({ width: 0, height: 0, data: new Uint8Array() }), ShapeError);
});

Deno.test("an official file takes its classes from its weights, and needs a name", () => {
  const official = (key: string, rows: number): Checkpoint => ({
    name: "official.pth",
    form: "torch-zip",
    metadata: { CLASSES: '["cat","dog"]' },
    keys: () => [key],
    find: (asked) => {
      if (asked !== key) return undefined;
      const chunks = async function* () {};
      return { dtype: "F32", shape: [rows, 1024], float32: () => Promise.reject(), chunks };
    },
  });
  const single = official("roi_head.bbox_head.fc_cls.weight", 3);
  const described = describeDetector(single, "mask_rcnn-dinat-mini");
  assert.equal(described.network.detector.classes, 2);
  assert.deepEqual(described.classes.map(({ name }) => name), ["cat", "dog"]);
  const numbered = official("roi_head.bbox_head.0.fc_cls.weight", 81);
  assert.equal(describeDetector(numbered, "cascade-dinat_s-large").network.detector.classes, 80);
  assert.throws(() => describeDetector(single), CheckpointError);
  assert.throws(() => describeDetector(single, "cascade-dinat-mini"), CheckpointError);
});

/** Millions of parameters that the papers state. */
const MILLIONS: Readonly<Record<string, number>> = {
  "mask_rcnn-dinat-mini": 40,
  "mask_rcnn-dinat-tiny": 48,
  "mask_rcnn-dinat-small": 70,
  "mask_rcnn-dinat_s-tiny": 48,
  "mask_rcnn-dinat_s-small": 69,
  "cascade-dinat-mini": 77,
  "cascade-dinat-tiny": 85,
  "cascade-dinat-small": 108,
  "cascade-dinat-base": 147,
  "cascade-dinat-large": 258,
  "cascade-dinat_s-tiny": 86,
  "cascade-dinat_s-small": 107,
  "cascade-dinat_s-base": 145,
  "cascade-dinat_s-large": 253,
};

Deno.test("the published detectors have the stated numbers of parameters", async () => {
  using gpu = await open();
  for (const [name, millions] of Object.entries(MILLIONS)) {
    const { network } = DETECTORS[name] ?? {};
    assert.ok(network, name);
    let count = 0;
    const counting: WeightSource = {
      name,
      keys: () => [],
      find: (key, shape = []) => {
        if (!/running_(mean|var)$/.test(key)) count += sizeOf(shape);
        return undefined;
      },
    };
    new TwoStageDinat(new Parameters(gpu), WeightStore.over(counting), network);
    assert.equal(Math.round(count / 1e6), millions, name);
  }
});

Deno.test("every published detector has a file of its own", () => {
  assert.equal(Object.keys(DETECTORS).length, 21);
  assert.equal(new Set(Object.values(DETECTORS).map(({ file }) => file)).size, 21);
});
