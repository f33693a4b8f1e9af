/** What runs on the host: preprocessing and boxes. */
import {
  decodeBoxes,
  nms,
  preprocessClassification,
  preprocessDense,
  preprocessShortestEdge,
  type RgbPicture,
} from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";

type Four = readonly [number, number, number, number];

/** A stored picture, RGB whatever its order. */
export async function pictureOf(golden: GoldenCase): Promise<RgbPicture> {
  const swapped = golden.has("input.image_bgr_u8");
  const { shape, values } = await golden.tensor(
    swapped ? "input.image_bgr_u8" : "input.image_rgb_u8",
  );
  const [height = 0, width = 0] = shape;
  const data = swapped
    ? Uint8Array.from(values, (_, at) => values[at + 2 - 2 * (at % 3)] ?? 0)
    : Uint8Array.from(values);
  return { width, height, data };
}

/** `[height, width, 3]` to `[3, height, width]`. */
function planar(values: ArrayLike<number>): Float64Array {
  const area = values.length / 3;
  return Float64Array.from(
    { length: values.length },
    (_, at) => values[(at % area) * 3 + Math.floor(at / area)] ?? NaN,
  );
}

/** The transform of classifiers. */
export async function* runPreprocessClassification(golden: GoldenCase): AsyncGenerator<Produced> {
  const { values } = preprocessClassification(await pictureOf(golden), {
    imageSize: golden.number("img_size"),
    cropShare: golden.number("crop_pct"),
  });
  yield { name: "output.x", values: planar(values) };
}

/** The transform of mmdetection and mmsegmentation; the file's shape tells whether it pads. */
export async function* runPreprocessDense(golden: GoldenCase): AsyncGenerator<Produced> {
  const [longest = 0, shortest = 0] = golden.extents("scale");
  const divisor = golden.text("op").includes("pad to 32") ? 32 : 1;
  const { values } = preprocessDense(await pictureOf(golden), { longest, shortest, divisor });
  yield { name: "output.x", values: planar(values) };
}

/** The transform of detectron2. */
export async function* runPreprocessDetectron2(golden: GoldenCase): AsyncGenerator<Produced> {
  const divisor = Number(/pad [^0-9]*(\d+)/.exec(golden.text("op"))?.[1] ?? 1);
  const { values } = preprocessShortestEdge(await pictureOf(golden), {
    shortest: golden.number("short"),
    longest: golden.number("max"),
    divisor,
  });
  yield { name: "output.x", values: planar(values) };
}

/** Boxes moved by deltas. */
export async function* runDeltaDecode(golden: GoldenCase): AsyncGenerator<Produced> {
  const [height = 0, width = 0] = golden.extents("max_shape_hw");
  const boxes = (await golden.tensor("input.boxes")).values;
  const deltas = (await golden.tensor("input.deltas")).values;
  const values = decodeBoxes(boxes, deltas, {
    means: golden.json("means") as Four,
    stds: golden.json("stds") as Four,
    clip: [height, width],
  });
  yield { name: "output.boxes", values };
}

/** Indices of the boxes that stay. */
export async function* runNms(golden: GoldenCase): AsyncGenerator<Produced> {
  const threshold = golden.number("iou_threshold");
  const boxes = (await golden.tensor("input.boxes")).values;
  const scores = (await golden.tensor("input.scores")).values;
  const classes = (await golden.tensor("input.classes")).values;
  yield { name: "output.keep_per_class", values: nms(boxes, scores, threshold, { classes }) };
  yield { name: "output.keep_agnostic", values: nms(boxes, scores, threshold) };
}
