/** What the cases of all detection heads have in common: a stored map, and boxes. */
import type { DetectionHead, DsvtConfig } from "@vicinity/dsvt";
import type { Gpu, Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { samplesOf } from "../layout.ts";
import { upload } from "../network.ts";
import type { Produced } from "../runner.ts";
import { SCAN_NETWORK } from "../tolerance.ts";
import { comparedDetections } from "./detections.ts";
import { gridIn } from "./scan_case.ts";

const MAP = "input.spatial_features_2d";

/**
 * What a case says of the detector around its head.
 *
 * @param golden The case.
 * @returns Classes, range, voxels.
 */
export function frameOf(golden: GoldenCase): Pick<DsvtConfig, "classes" | "range" | "voxelSize"> {
  return { ...gridIn(golden), classes: golden.json("class_names") as string[] };
}

/** Channels of the stored map, in one slice. */
export function inputsOf(golden: GoldenCase): number[] {
  return [golden.file.entry(MAP).shape[1] ?? 0];
}

/** The stored map of each scan, `[1, y, x, channels]`. */
export async function mapsOf(gpu: Gpu, golden: GoldenCase): Promise<Tensor[]> {
  return samplesOf(await golden.tensor(MAP), 3).map((sample) => {
    const map = upload(gpu, sample);
    return { ...map, shape: [1, ...map.shape] };
  });
}

/**
 * The boxes of one scan after the other, through the calls that the detector makes.
 *
 * @param golden The case.
 * @param head Its head.
 * @param maps The map of each scan.
 * @returns What is compared.
 */
export async function* detections(
  golden: GoldenCase,
  head: DetectionHead,
  maps: readonly Tensor[],
): AsyncGenerator<Produced> {
  for (const [sample, map] of maps.entries()) {
    const outputs = head.forward([map]);
    const read = await map.gpu.read(Object.values(outputs));
    const values = Object.fromEntries(
      Object.keys(outputs).map((name, index) => [name, read[index] ?? []]),
    );
    yield* comparedDetections(golden, head.decode(values, { columns: map.shape[2] ?? 0 }), {
      boxes: `output.pred_boxes.${sample}`,
      scores: `output.pred_scores.${sample}`,
      labels: `output.pred_labels.${sample}`,
    }, SCAN_NETWORK);
  }
}
