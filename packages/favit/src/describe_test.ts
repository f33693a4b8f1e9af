import assert from "node:assert/strict";
import { type Checkpoint, Parameters, type WeightSource, WeightStore } from "@vicinity/checkpoint";
import { type Gpu, open } from "@vicinity/tensor";
import { BACKBONES, type FavitConfig } from "./config.ts";
import { FavitMaskRcnn, FavitRetinaNet, SemanticFpnFavit } from "./dense.ts";
import { describeClassifier, describeDetector, describeSegmenter } from "./describe.ts";
import { DETECTORS } from "./detection_config.ts";
import { FavitClassifier } from "./model.ts";

/** Widths, depths, heads and ratios of no published size. */
const OWN: FavitConfig = {
  embedDims: [16, 32, 48, 64],
  heads: [1, 2, 3, 4],
  mlpRatios: [2, 3, 2, 4],
  depths: [1, 2, 1, 3],
  srRatios: [8, 4, 2, 1],
};

/** A file with the names and shapes that a network asks for, but no values. */
function fileOf(
  gpu: Gpu,
  declare: (parameters: Parameters, store: WeightStore) => unknown,
  metadata: Checkpoint["metadata"] = {},
): Checkpoint {
  const shapes = new Map<string, readonly number[]>();
  const asking: WeightSource = {
    name: "asking",
    keys: () => [],
    find: (key, shape = []) => void shapes.set(key, shape),
  };
  declare(new Parameters(gpu), WeightStore.over(asking));
  return {
    name: "own.pth",
    form: "torch-zip",
    metadata,
    keys: () => shapes.keys(),
    find: (key) => {
      const shape = shapes.get(key);
      const chunks = async function* () {};
      return shape && { dtype: "F32", shape, float32: () => Promise.reject(), chunks };
    },
  };
}

function publishedDetector(name: string) {
  const network = DETECTORS[name]?.network;
  assert.ok(network);
  return network;
}

Deno.test("shapes say how large a classifier or segmenter of no published size is", async () => {
  using gpu = await open();
  const classifier = fileOf(gpu, (p, store) => new FavitClassifier(p, store, OWN, 5));
  const { backbone, classes } = describeClassifier(classifier, "favit-b0");
  assert.deepEqual(backbone, OWN);
  assert.equal(classes.length, 5);
  const network = { backbone: OWN, pyramid: 16, channels: 24, classes: 7 };
  const segmenter = fileOf(gpu, (p, store) => new SemanticFpnFavit(p, store, network));
  assert.deepEqual(describeSegmenter(segmenter, "semantic_fpn-favit-b2").network, network);
});

Deno.test("shapes say how large a detector is, and how many classes it has", async () => {
  using gpu = await open();
  const usual = publishedDetector("retinanet-favit-b0");
  assert.ok("retina" in usual);
  const retina = {
    ...usual.retina,
    classes: 3,
    neck: { ...usual.retina.neck, channels: 16 },
    convs: 2,
    channels: 24,
  };
  const oneStage = { backbone: OWN, retina };
  const boxes = fileOf(gpu, (p, store) => new FavitRetinaNet(p, store, oneStage));
  const found = describeDetector(boxes, "retinanet-favit-b0");
  assert.deepEqual(found.network, oneStage);
  assert.deepEqual(found.classes.map(({ name }) => name), ["class 0", "class 1", "class 2"]);

  const masks = publishedDetector("mask_rcnn-favit-b1");
  assert.ok("detector" in masks && masks.detector.mask);
  const twoStage = {
    backbone: OWN,
    detector: {
      ...masks.detector,
      classes: 2,
      neck: { ...masks.detector.neck, channels: 8 },
      rpn: { ...masks.detector.rpn, channels: 16 },
      stages: masks.detector.stages.map((stage) => ({ ...stage, fcChannels: 24 })),
      mask: { ...masks.detector.mask, convs: 2, channels: 8 },
    },
  };
  const outlines = fileOf(gpu, (p, store) => new FavitMaskRcnn(p, store, twoStage));
  assert.deepEqual(describeDetector(outlines, "mask_rcnn-favit-b1").network, twoStage);
});

Deno.test("a file of another published size than the named one is not taken for it", async () => {
  using gpu = await open();
  const file = fileOf(gpu, (p, store) => new FavitClassifier(p, store, BACKBONES["favit-b1"], 10));
  assert.deepEqual(describeClassifier(file, "favit-b1").backbone, BACKBONES["favit-b1"]);
  assert.deepEqual(describeClassifier(file, "favit-b0").backbone, BACKBONES["favit-b0"]);
});

Deno.test("a detector's own configuration wins, and one of another kind is refused", async () => {
  using gpu = await open();
  const network = publishedDetector("mask_rcnn-favit-b0");
  assert.ok("detector" in network);
  const description = {
    network: { backbone: OWN, detector: network.detector },
    classes: [{ name: "cat", color: [1, 2, 3] }],
    input: { longest: 96, shortest: 64, divisor: 32 },
  };
  const declare = (p: Parameters, store: WeightStore) =>
    new FavitMaskRcnn(p, store, description.network);
  const file = fileOf(gpu, declare, { config: JSON.stringify(description) });
  assert.deepEqual(describeDetector(file), description);
  const other = fileOf(gpu, declare, { config: JSON.stringify({ backbone: OWN }) });
  assert.throws(() => describeDetector(other), { code: "WEIGHTS_MISMATCH" });
  const silent = fileOf(gpu, declare);
  assert.throws(() => describeDetector(silent), /Name one of retinanet-favit-b0/);
  const empty = { ...silent, find: () => undefined };
  assert.throws(() => describeDetector(empty, "mask_rcnn-favit-b0"), /it has no roi_head/);
});
