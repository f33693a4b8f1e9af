/** Parts of detectors on their own: anchors, boxes, suppression, regions, masks, resizing. */
import { DETECTORS } from "@vicinity/favit";
import type { Gpu, Tensor } from "@vicinity/tensor";
import {
  type AnchorConfig,
  bilinear,
  decodeBoxes,
  nms,
  pasteMask,
  pasteValues,
  placedAnchors,
  roiAlign,
  topDown,
} from "@vicinity/vision";
import { inPhoto, mapsOf, pooled } from "../dinat/detection_ops.ts";
import type { GoldenCase } from "../golden_case.ts";
import { joined, samplesOf } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";
import { BOXES, MASKS, REGIONS } from "../tolerance.ts";
import { picturesOf } from "./classifier.ts";
import { planesOf, shownValues } from "./shown.ts";

interface StoredUnits {
  readonly decode_max_shape: readonly [number, number];
  readonly roi_scale: number;
  readonly paste_hw: readonly [number, number];
  readonly grid_sizes: readonly (readonly [number, number])[];
}

/** All parts. */
export async function* runPostprocess(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const stored = golden.json("config") as StoredUnits;
  yield* anchors(golden, stored);
  yield* deltas(golden, stored);
  yield* suppression(golden);
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  yield* regions(gpu, golden, stored);
  yield* levels(gpu, golden);
  yield* masks(golden, stored);
  yield* resizing(gpu, golden);
}

function anchorRules(): readonly (readonly [string, AnchorConfig])[] {
  const [retina, mask] = ["retinanet-favit-b0", "mask_rcnn-favit-b0"].map((name) =>
    DETECTORS[name]?.network
  );
  if (!retina || !("retina" in retina) || !mask || !("detector" in mask)) {
    throw new TypeError("Cannot compare anchors: no published detector is known.");
  }
  return [["retina", retina.retina.anchors], ["rpn", mask.detector.rpn.anchors]];
}

function* anchors(golden: GoldenCase, { grid_sizes }: StoredUnits): Generator<Produced> {
  for (const [name, rule] of anchorRules()) {
    const kinds = rule.scales.length * rule.ratios.length;
    for (const [level, [rows, columns]] of grid_sizes.entries()) {
      const all = (places: number) =>
        placedAnchors(rule, { level, columns, numbers: [...Array(places * kinds).keys()] });
      yield { name: `output.${name}_base_anchors${level}`, values: all(1), tolerance: BOXES };
      const grid = `output.${name}_grid${level}`;
      if (golden.has(grid)) yield { name: grid, values: all(rows * columns), tolerance: BOXES };
    }
  }
}

async function* deltas(
  golden: GoldenCase,
  { decode_max_shape: clip }: StoredUnits,
): AsyncGenerator<Produced> {
  const boxes = (await golden.tensor("input.decode_rois")).values;
  const coded = (await golden.tensor("input.decode_deltas")).values;
  const rules = [["std1", [1, 1, 1, 1]], ["std01", [0.1, 0.1, 0.2, 0.2]]] as const;
  for (const [name, stds] of rules) {
    yield {
      name: `output.decode_${name}`,
      values: decodeBoxes(boxes, coded, { stds, clip }),
      tolerance: BOXES,
    };
    yield {
      name: `output.decode_${name}_noclip`,
      values: decodeBoxes(boxes, coded, { stds }),
      tolerance: BOXES,
    };
  }
}

/** The rule is in the name: least score, overlap, most boxes. */
async function* suppression(golden: GoldenCase): AsyncGenerator<Produced> {
  const boxes = (await golden.tensor("input.nms_boxes")).values;
  const { shape: [, columns = 1], values: scores } = await golden.tensor("input.nms_scores");
  for (const name of golden.names("output.nms_").filter((name) => name.endsWith(".dets"))) {
    const [threshold = 0, iou = 0, max = 0] = (name.match(/[\d.]+(?=[_.])/g) ?? []).map(Number);
    const chosen = Array.from(scores.keys()).filter((at) =>
      at % columns < columns - 1 && (scores[at] ?? 0) > threshold
    );
    const box = (at: number) => {
      const row = Math.floor(at / columns);
      return [...boxes.slice(4 * row, 4 * row + 4)];
    };
    const kept = nms(chosen.flatMap(box), chosen.map((at) => scores[at] ?? 0), iou, {
      classes: chosen.map((at) => at % columns),
      max,
    }).flatMap((index) => chosen[index] ?? []);
    yield {
      name,
      values: kept.flatMap((at) => [...box(at), scores[at] ?? NaN]),
      tolerance: BOXES,
    };
    yield {
      name: name.replace(".dets", ".labels"),
      values: kept.map((at) => at % columns),
    };
  }
}

async function* regions(
  gpu: Gpu,
  golden: GoldenCase,
  { roi_scale }: StoredUnits,
): AsyncGenerator<Produced> {
  const maps = (await mapsOf(gpu, golden, "input.roi_feat")).map((map) => [map]);
  for (const size of [7, 14]) {
    const values = await pooled(gpu, golden, maps, {
      size,
      strides: [1 / roi_scale],
      finestScale: 56,
      samplingRatio: 0,
    });
    yield { name: `output.roi_align${size}`, values, tolerance: REGIONS };
  }
}

/** Regions pooled from levels whose maps hold the numbers of the levels. */
async function* levels(gpu: Gpu, golden: GoldenCase): AsyncGenerator<Produced> {
  const { values } = await golden.tensor("input.level_rois");
  const boxes = Float32Array.from(Array.from(values).filter((_, at) => at % 5 > 0));
  const strides = [4, 8, 16, 32];
  const side = Math.ceil(Math.max(...boxes) / 4) + 2;
  const maps: Tensor[] = strides.map((_, level) =>
    gpu.tensor([1, side, side, 4], new Float32Array(4 * side ** 2).fill(level))
  );
  const region = gpu.tensor([boxes.length / 4, 4], boxes);
  const options = { size: 1, strides, finestScale: 56, samplingRatio: 1 };
  const [read = []] = await gpu.read([roiAlign(maps, region, options)]);
  yield { name: "output.level", values: Array.from(read).filter((_, at) => at % 4 === 0) };
}

async function* masks(
  golden: GoldenCase,
  { paste_hw: [height, width] }: StoredUnits,
): AsyncGenerator<Produced> {
  const photo = { width, height };
  const { shape, values } = await golden.tensor("input.paste_probs");
  const side = shape.at(-1) ?? 0;
  const boxes = (await golden.tensor("input.paste_boxes")).values;
  const things = samplesOf({ shape, values }, 3).map(({ values }, index) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.slice(4 * index, 4 * index + 4);
    return {
      mask: { side, probabilities: Float32Array.from(values) },
      box: [x1, y1, x2, y2] as const,
    };
  });
  const soft = things.map(({ mask, box }) => {
    const { values, ...region } = pasteValues(mask, box, photo);
    return inPhoto(values, region, photo);
  });
  yield* shownValues(golden, "output.paste_soft", joined(soft));
  const pixels = things.map(({ mask, box }) => {
    const { data, ...region } = pasteMask(mask, box, photo);
    return inPhoto(data, region, photo);
  });
  yield { name: "output.paste_mask", values: joined(pixels), tolerance: MASKS };
}

/** Both rules to every size that the file has; the nearest one is that of the pyramid. */
async function* resizing(gpu: Gpu, golden: GoldenCase): AsyncGenerator<Produced> {
  const map = await picturesOf(gpu, golden, "input.resize");
  const channels = map.shape[3] ?? 0;
  for (const name of golden.names("output.nearest_")) {
    const [rows = 0, columns = 0] = (/\d+x\d+/.exec(name)?.[0] ?? "").split("x").map(Number);
    const zeros = gpu.empty([1, rows, columns, channels]);
    gpu.clear(zeros);
    const [nearest = [], smooth = []] = await gpu.read([
      topDown(zeros, map),
      bilinear(map, [rows, columns]),
    ]);
    yield { name, values: planesOf(nearest, zeros.shape) };
    yield { name: name.replace("nearest", "bilinear"), values: planesOf(smooth, zeros.shape) };
  }
}
