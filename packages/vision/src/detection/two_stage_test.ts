import assert from "node:assert/strict";
import { Parameters, WeightStore } from "@vicinity/checkpoint";
import { type Gpu, open, type Tensor } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { decodeBoxes } from "../boxes.ts";
import { NOTHING } from "../kernels/move_boxes.ts";
import { nms } from "../nms.ts";
import { seededWeights } from "../testing/seeded_weights.ts";
import { anchorsOf } from "./anchors.ts";
import type { BoxHeadConfig, TwoStageConfig } from "./config.ts";
import { TwoStageDetector, type TwoStageOutput } from "./two_stage.ts";

const CHANNELS = [4, 6, 8, 5] as const;
/** The picture inside an input of 256 × 320. */
const CLIP = [230, 317] as const;
const SCALE = [1.5, 1.25, 1.5, 1.25] as const;

const HEAD: BoxHeadConfig = {
  roiSize: 3,
  convs: 1,
  convChannels: 8,
  fcs: 2,
  fcChannels: 12,
  stds: [0.1, 0.1, 0.2, 0.2],
};

function configOf(cascade: boolean): TwoStageConfig {
  return {
    classes: 5,
    neck: { channels: 8, levels: 5 },
    rpn: {
      channels: 8,
      anchors: { scales: [4, 6], ratios: [0.5, 2], strides: [4, 8, 16, 32, 64] },
    },
    roi: { strides: [4, 8, 16, 32], finestScale: 28, samplingRatio: 0 },
    cascade,
    stages: cascade ? [HEAD, { ...HEAD, convs: 0, stds: [0.05, 0.05, 0.1, 0.1] }] : [HEAD],
    mask: { roiSize: 4, convs: 2, channels: 8, threshold: 0.5 },
    proposals: { preNms: 150, postNms: 200, iou: 0.6, minSize: 4 },
    detections: { scoreThreshold: 0.15, iou: 0.4, max: 60 },
  };
}

/** Runs a detector on made-up maps; the weights of all heads are made up as well. */
async function detected(gpu: Gpu, config: TwoStageConfig): Promise<TwoStageOutput> {
  const parameters = new Parameters(gpu);
  const store = WeightStore.over(seededWeights());
  const detector = new TwoStageDetector(parameters, store, CHANNELS, config);
  await parameters.load();
  const maps = CHANNELS.map((channels, level) => {
    const shape = [1, 64 >> level, 80 >> level, channels];
    const values = unitValues(shape.reduce((a, b) => a * b), level + 1);
    return gpu.tensor(shape, values.map((value) => 6 * value - 3));
  });
  return detector.forward(maps, {
    clip: gpu.tensor([2], Float32Array.from(CLIP)),
    scale: gpu.tensor([4], Float32Array.from(SCALE)),
  });
}

async function read(gpu: Gpu, tensor: Tensor): Promise<number[]> {
  const [values = []] = await gpu.read([tensor]);
  return [...values];
}

/** A box with what it is. */
interface Scored {
  readonly box: readonly number[];
  readonly score: number;
  readonly group: number;
}

/** Boxes that stay, group by group, best first. */
function suppressed(boxes: readonly Scored[], iou: number, most: number): Scored[] {
  const stay = nms(
    boxes.flatMap(({ box }) => box),
    boxes.map(({ score }) => score),
    iou,
    { classes: boxes.map(({ group }) => group) },
  );
  return stay.slice(0, most).flatMap((index) => boxes[index] ?? []);
}

const rowOf = (values: readonly number[], row: number, width: number) =>
  values.slice(row * width, (row + 1) * width);

async function proposalsOnHost(gpu: Gpu, { levels }: TwoStageOutput, config: TwoStageConfig) {
  const { anchors: rule } = config.rpn;
  const { preNms, postNms, iou, minSize } = config.proposals;
  const anchors = [...anchorsOf(rule)];
  const kinds = rule.scales.length * rule.ratios.length;
  const candidates: Scored[] = [];
  for (const [level, output] of levels.entries()) {
    const [logits, deltas] = [await read(gpu, output.logits), await read(gpu, output.deltas)];
    const width = output.logits.shape[2] ?? 0;
    const stride = rule.strides[level] ?? 0;
    const best = [...logits.keys()].sort((a, b) => (logits[b] ?? 0) - (logits[a] ?? 0) || a - b);
    for (const index of best.slice(0, preNms)) {
      const place = Math.floor(index / kinds);
      const shift = [stride * (place % width), stride * Math.floor(place / width)];
      const anchor = rowOf(anchors, level * kinds + index % kinds, 4)
        .map((edge, i) => edge + (shift[i % 2] ?? 0));
      const options = { stds: [1, 1, 1, 1], clip: CLIP } as const;
      const box = [...decodeBoxes(anchor, rowOf(deltas, index, 4), options)];
      const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = box;
      if (Math.min(x2 - x1, y2 - y1) <= minSize) continue;
      candidates.push({ box, score: 1 / (1 + Math.exp(-(logits[index] ?? 0))), group: level });
    }
  }
  return suppressed(candidates, iou, postNms);
}

async function detectionsOnHost(
  gpu: Gpu,
  { stages, logits, proposals }: TwoStageOutput,
  config: TwoStageConfig,
) {
  const { classes, detections: { scoreThreshold, iou, max } } = config;
  const [last] = stages.slice(-1);
  const [{ stds } = HEAD] = config.stages.slice(-1);
  assert.ok(last);
  const [regions, deltas] = [await read(gpu, last.regions), await read(gpu, last.deltas)];
  const [scores, objectness] = [await read(gpu, logits), await read(gpu, proposals.objectness)];
  const candidates: Scored[] = [];
  for (let group = 0; group < classes; group++) {
    for (const [region, objectLike] of objectness.entries()) {
      const powers = rowOf(scores, region, classes + 1).map(Math.exp);
      const score = (powers[group] ?? 0) / powers.reduce((a, b) => a + b, 0);
      if (score <= scoreThreshold || objectLike <= NOTHING) continue;
      const delta = rowOf(deltas, region * classes + group, 4);
      const box = [...decodeBoxes(rowOf(regions, region, 4), delta, { stds, clip: CLIP })]
        .map((edge, i) => edge / (SCALE[i] ?? 1));
      candidates.push({ box, score, group });
    }
  }
  return suppressed(candidates, iou, max);
}

for (const cascade of [false, true]) {
  const name = cascade ? "a cascade" : "a detector";
  Deno.test(`${name} on the GPU chooses what loops on the host choose`, async () => {
    using gpu = await open();
    const config = configOf(cascade);
    const output = await detected(gpu, config);
    const { proposals, detections, stages } = output;

    const wanted = await proposalsOnHost(gpu, output, config);
    assert.ok(wanted.length > 100, `${wanted.length} proposals`);
    const regions = await read(gpu, proposals.regions);
    assertClose(
      regions.slice(0, 4 * wanted.length),
      wanted.flatMap(({ box }) => box),
      1e-4,
      "proposals",
    );
    const objectness = await read(gpu, proposals.objectness);
    assert.ok(objectness.slice(wanted.length).every((score) => score <= NOTHING));

    const found = await detectionsOnHost(gpu, output, config);
    assert.ok(found.length > 20, `${found.length} detections`);
    const scores = await read(gpu, detections.scores);
    assertClose(scores.slice(0, found.length), found.map(({ score }) => score), 1e-5, "scores");
    assert.ok(scores.slice(found.length).every((score) => score <= NOTHING));
    const boxes = await read(gpu, detections.boxes);
    assertClose(boxes.slice(0, 4 * found.length), found.flatMap(({ box }) => box), 1e-4, "boxes");
    const ids = await read(gpu, detections.classIds);
    assert.deepEqual(ids.slice(0, found.length), found.map(({ group }) => group));
    assert.ok(new Set(found.map(({ group }) => group)).size > 1);

    assert.equal(stages.length, config.stages.length);
    assert.deepEqual(detections.masks?.shape, [60, 8, 8]);
  });
}

Deno.test("a detector without mask heads finds boxes alone", async () => {
  using gpu = await open();
  const { mask: _, ...config } = configOf(false);
  const { detections } = await detected(gpu, config);
  assert.equal(detections.masks, undefined);
  assert.deepEqual(detections.boxes.shape, [60, 4]);
});
