/** Overlap and suppression of boxes in space. */
import {
  bevIou,
  bevOverlap,
  type Box3d,
  iou3d,
  type OverlapRule,
  rotatedNms,
} from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";

/** Rules by the names of the file. */
const RULES: Readonly<Record<string, OverlapRule>> = {
  pcdet: "margin",
  openpcdet: "margin",
  official: "quarter turn",
};

interface StoredLimits {
  readonly NMS_THRESH: readonly number[];
  readonly NMS_PRE_MAXSIZE: readonly number[];
  readonly NMS_POST_MAXSIZE: readonly number[];
}

async function boxesOf(golden: GoldenCase, name: string): Promise<Box3d[]> {
  const { shape, values } = await golden.tensor(name);
  return Array.from({ length: shape[0] ?? 0 }, (_, index) => {
    const [x = 0, y = 0, z = 0, length = 0, width = 0, height = 0, heading = 0] = values.slice(
      7 * index,
      7 * index + 7,
    );
    return { center: [x, y, z], size: [length, width, height], heading };
  });
}

/** Overlaps of all pairs, and numbers of the boxes that stay. */
export async function* runRotatedIouNms(golden: GoldenCase): AsyncGenerator<Produced> {
  const [a, b] = [await boxesOf(golden, "input.boxes_a"), await boxesOf(golden, "input.boxes_b")];
  const pairs = (measure: (a: Box3d, b: Box3d) => number) =>
    a.flatMap((one) => b.map((other) => measure(one, other)));
  const measures: Readonly<Record<string, (a: Box3d, b: Box3d) => number>> = {
    "output.bev_overlap": (a, b) => bevOverlap(a, b, "margin"),
    "output.bev_iou_pcdet": (a, b) => bevIou(a, b, "margin"),
    "output.bev_iou_official_nms": (a, b) => bevIou(a, b, "quarter turn"),
    "output.iou_3d": (a, b) => iou3d(a, b, "margin"),
  };
  for (const [name, measure] of Object.entries(measures)) {
    yield { name, values: pairs(measure) };
  }
  const boxes = await boxesOf(golden, "input.nms_boxes");
  const scores = (await golden.tensor("input.nms_scores")).values;
  const labels = (await golden.tensor("input.nms_labels")).values;
  const limits = golden.json("multiclass") as StoredLimits;
  for (const name of golden.names("output.nms_")) {
    const [, first = "", second = ""] = /^output\.nms_(\w+?)_([\w.]+)$/.exec(name) ?? [];
    const values = first === "multiclass"
      ? classByClass({ boxes, scores, labels }, limits, RULES[second] ?? "exact")
      : rotatedNms(boxes, scores, { threshold: Number(second), rule: RULES[first] ?? "exact" });
    yield { name, values };
  }
}

/** Boxes of a class suppress each other only; classes one after the other. */
function classByClass(
  { boxes, scores, labels }: {
    readonly boxes: readonly Box3d[];
    readonly scores: Float64Array;
    readonly labels: Float64Array;
  },
  { NMS_THRESH, NMS_PRE_MAXSIZE, NMS_POST_MAXSIZE }: StoredLimits,
  rule: OverlapRule,
): number[] {
  return NMS_THRESH.flatMap((threshold, classId) => {
    const numbers = boxes.map((_, index) => index).filter((index) => labels[index] === classId);
    const own = numbers.flatMap((index) => boxes[index] ?? []);
    const kept = rotatedNms(own, numbers.map((index) => scores[index] ?? NaN), {
      threshold,
      rule,
      preMax: NMS_PRE_MAXSIZE[classId] ?? Infinity,
      postMax: NMS_POST_MAXSIZE[classId] ?? Infinity,
    });
    return kept.flatMap((index) => numbers[index] ?? []);
  });
}
