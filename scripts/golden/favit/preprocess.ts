/** From a photograph to what the networks take. */
import {
  cvResize,
  IMAGENET,
  networkInput,
  pillowResize,
  planLooks,
  preprocessClassification,
  preprocessDetection,
  resizedFor,
  type RgbPicture,
} from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";
import { EXACT, LEVELS } from "../tolerance.ts";
import { planesOf } from "./shown.ts";

interface StoredSizes {
  readonly cls_input_size: number;
  readonly det_scale: readonly [number, number];
  readonly seg_scale: readonly [number, number];
  readonly size_divisor: number;
}

/** Part of the resized picture that the crop of the classifiers keeps. */
const CROP_SHARE = 0.875;

const swapped = ({ data }: RgbPicture) => data.map((_, at) => data[at + 2 - 2 * (at % 3)] ?? 0);

/** The three transforms. */
export async function* runPreprocess(golden: GoldenCase): AsyncGenerator<Produced> {
  const { shape: [height = 0, width = 0], values } = await golden.tensor("input.rgb");
  const picture = { width, height, data: Uint8Array.from(values) };
  const sizes = golden.json("config") as StoredSizes;
  yield* classification(golden, picture, sizes);
  yield* detection(picture, sizes);
  yield* segmentation(picture, sizes);
}

async function* classification(
  golden: GoldenCase,
  picture: RgbPicture,
  { cls_input_size: imageSize }: StoredSizes,
): AsyncGenerator<Produced> {
  const { shape: [high = 0, wide = 0] } = await golden.tensor("mid.cls_resized");
  yield {
    name: "mid.cls_resized",
    values: pillowResize(picture, wide, high).data,
    tolerance: EXACT,
  };
  const { values } = preprocessClassification(picture, { imageSize, cropShare: CROP_SHARE });
  yield { name: "output.cls_input", values: planesOf(values, [1, imageSize, imageSize, 3]) };
}

function* detection(
  picture: RgbPicture,
  { det_scale: [longest, shortest], size_divisor: divisor }: StoredSizes,
): Generator<Produced> {
  const input = preprocessDetection(picture, { longest, shortest, divisor });
  const [rows, columns] = input.resized;
  yield {
    name: "mid.det_resized_bgr",
    values: swapped(cvResize(picture, columns, rows)),
    tolerance: LEVELS,
  };
  yield {
    name: "output.det_input",
    values: planesOf(input.values, [1, input.height, input.width, 3]),
  };
  yield { name: "output.det_img_shape", values: input.resized };
  yield { name: "output.det_scale_factor", values: input.scaleFactor };
}

function* segmentation(
  picture: RgbPicture,
  { seg_scale: [longest, shortest], size_divisor: divisor }: StoredSizes,
): Generator<Produced> {
  const photo = [picture.height, picture.width] as const;
  const [look] = planLooks(photo, { longest, shortest, divisor });
  if (!look) throw new TypeError("A picture is looked at once.");
  const { fitted, size } = look;
  const rescaled = cvResize(picture, fitted[1], fitted[0]);
  yield { name: "mid.seg_rescaled_bgr", values: swapped(rescaled), tolerance: LEVELS };
  const aligned = resizedFor(picture, look);
  yield { name: "mid.seg_aligned_bgr", values: swapped(aligned), tolerance: LEVELS };
  const values = networkInput(aligned, { top: 0, left: 0, size }, false, IMAGENET);
  yield { name: "output.seg_input", values: planesOf(values, [1, ...size, 3]) };
}
