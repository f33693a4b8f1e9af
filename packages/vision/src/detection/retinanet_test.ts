import assert from "node:assert/strict";
import { Parameters, WeightStore } from "@vicinity/checkpoint";
import { open } from "@vicinity/tensor";
import { unitValues } from "@vicinity/tensor/testing";
import { decodeBoxes } from "../boxes.ts";
import { seededWeights } from "../testing/seeded_weights.ts";
import { placedAnchors } from "./anchors.ts";
import type { RetinaNetConfig } from "./config.ts";
import { retinaDetections } from "./retina_detections.ts";
import { RetinaNet } from "./retinanet.ts";

const CONFIG: RetinaNetConfig = {
  classes: 3,
  neck: { channels: 8, levels: 4, further: "convolved" },
  skippedMaps: 1,
  convs: 1,
  channels: 8,
  anchors: { scales: [4, 5], ratios: [0.5, 2], strides: [8, 16, 32, 64] },
  order: "anchors",
  preNms: 20,
  detections: { scoreThreshold: 0.5, iou: 0.4, max: 12 },
};
const CHANNELS = [4, 6, 8];
const FRAME = { clip: [60, 90], scale: [1.5, 1.25, 1.5, 1.25] } as const;

/** A pair of an anchor and a class. */
interface Pair {
  readonly level: number;
  readonly anchor: number;
  readonly classId: number;
  readonly logit: number;
}

for (const order of ["anchors", "pairs"] as const) {
  Deno.test(`RetinaNet chooses ${order} as their definition says`, async () => {
    using gpu = await open({ debug: true });
    const parameters = new Parameters(gpu);
    const config = { ...CONFIG, order };
    const store = WeightStore.over(seededWeights());
    const network = new RetinaNet(parameters, store, CHANNELS, config);
    await parameters.load();
    const maps = CHANNELS.map((channels, level) => {
      const shape = [1, 16 >> level, 24 >> level, channels];
      const values = unitValues(shape.reduce((a, b) => a * b), level + 1);
      return gpu.tensor(shape, values.map((value) => 8 * value - 4));
    });
    const { pyramid, levels, candidates } = network.forward(maps);
    assert.deepEqual(pyramid.map(({ shape }) => shape.slice(1, 3)), [
      [8, 12],
      [4, 6],
      [2, 3],
      [1, 2],
    ]);
    const columns = levels.map(({ logits }) => logits.shape[2] ?? 0);
    const read = await Promise.all(
      candidates.map(async ({ logits, indices, deltas }) => {
        const [a = [], b = [], c = []] = await gpu.read([logits, indices, deltas]);
        return { logits: a, indices: b, deltas: c };
      }),
    );
    const found = retinaDetections(read, { ...FRAME, columns }, config);
    assert.equal(found.length, config.detections.max);
    const all = await gpu.read(levels.flatMap(({ logits, deltas }) => [logits, deltas]));
    const looked = levels.flatMap((_, level) => seenPairs(all[2 * level] ?? [], level, config));
    const boxOf = ({ level, anchor }: Pair) => {
      const place = placedAnchors(config.anchors, {
        level,
        columns: columns[level] ?? 1,
        numbers: [anchor],
      });
      const deltas = (all[2 * level + 1] ?? []).slice(4 * anchor, 4 * anchor + 4);
      const moved = decodeBoxes(place, deltas, { stds: [1, 1, 1, 1], clip: FRAME.clip });
      return Array.from(moved, (edge, side) => edge / (FRAME.scale[side] ?? 1));
    };
    const expected = suppressed(looked.map((pair) => ({ ...pair, box: boxOf(pair) })), config);
    assert.deepEqual(
      found.map(({ classId }) => classId),
      expected.map(({ classId }) => classId),
    );
    for (const [index, { box, score }] of found.entries()) {
      const { logit = NaN, box: own = [] } = expected[index] ?? {};
      assert.ok(Math.abs(score - 1 / (1 + Math.exp(-logit))) < 1e-6);
      box.forEach((edge, side) => assert.ok(Math.abs(edge - (own[side] ?? NaN)) < 1e-4));
    }
    parameters.dispose();
  });
}

/** Pairs of a level that are looked at, by sorting all of them. */
function seenPairs(
  logits: ArrayLike<number>,
  level: number,
  { classes, order, preNms }: RetinaNetConfig,
): Pair[] {
  const pairs = Array.from(logits, (logit, at): Pair => ({
    ...{ level, logit },
    anchor: Math.floor(at / classes),
    classId: at % classes,
  }));
  const falling = pairs.toSorted((a, b) => b.logit - a.logit);
  if (order === "pairs") return falling.slice(0, preNms);
  const anchors = [...new Set(falling.map(({ anchor }) => anchor))].slice(0, preNms);
  return pairs.filter(({ anchor }) => anchors.includes(anchor));
}

function suppressed<Boxed extends Pair & { readonly box: readonly number[] }>(
  pairs: readonly Boxed[],
  { detections: { scoreThreshold, iou, max } }: RetinaNetConfig,
): Boxed[] {
  const kept: Boxed[] = [];
  for (const pair of pairs.toSorted((a, b) => b.logit - a.logit)) {
    if (1 / (1 + Math.exp(-pair.logit)) <= scoreThreshold) continue;
    const rivals = kept.filter(({ classId }) => classId === pair.classId);
    // Boxes without extent overlap by no number; they stay.
    if (!rivals.some((rival) => overlap(rival.box, pair.box) > iou)) kept.push(pair);
  }
  return kept.slice(0, max);
}

function overlap(a: readonly number[], b: readonly number[]): number {
  const edge = (box: readonly number[], side: number) => box[side] ?? 0;
  const area = (box: readonly number[]) =>
    (edge(box, 2) - edge(box, 0)) * (edge(box, 3) - edge(box, 1));
  const along = (axis: 0 | 1) =>
    Math.max(
      0,
      Math.min(edge(a, axis + 2), edge(b, axis + 2)) - Math.max(edge(a, axis), edge(b, axis)),
    );
  const shared = along(0) * along(1);
  return shared / (area(a) + area(b) - shared);
}
