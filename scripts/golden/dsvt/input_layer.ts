/** `DSVTInputLayer`: windows, sets with their masks, and how voxels become one. */
import {
  inputLayer,
  officialInputLayer,
  officialSets,
  type SetPartition,
  windowOf,
} from "@vicinity/dsvt";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";
import { coordsOf } from "./scan_case.ts";

/** All index tensors of all stages. */
export async function* runInputLayer(golden: GoldenCase): AsyncGenerator<Produced> {
  const coords = await coordsOf(golden, "input.voxel_coords");
  const { stages, hybridFactor, grid } = officialInputLayer(golden.json("config"));
  for (const [index, input] of inputLayer(coords, { stages, hybridFactor }, grid).entries()) {
    const stage = stages[index];
    if (!stage) throw new TypeError(`Cannot compare stage ${index}: it has no configuration.`);
    if (index > 0) yield { name: `output.voxel_coords_stage${index}`, values: input.coords };
    for (const [shift, partition] of input.shifts.entries()) {
      const suffix = `stage${index}_shift${shift}`;
      const window = windowOf(stage, hybridFactor, shift);
      yield { name: `mid.window_index_${suffix}`, values: partition.windows };
      yield { name: `mid.coords_in_window_zyx_${suffix}`, values: placesOf(partition, window) };
      const { indices, mask } = officialSets(partition, stage.setSize);
      yield { name: `output.set_voxel_inds_${suffix}`, values: indices };
      yield { name: `output.set_voxel_mask_${suffix}`, values: mask };
    }
    if (!input.pooling) continue;
    const next = index + 1;
    yield {
      name: `output.pooling_mapping_index_stage${next}`,
      values: input.pooling.parents,
    };
    yield { name: `output.pooling_index_in_pool_stage${next}`, values: input.pooling.slots };
  }
}

/** Rows of z, y, x in the window. */
function placesOf({ places }: SetPartition, [x, y]: readonly [number, number, number]): number[] {
  return Array.from(places).flatMap((place) => [
    Math.floor(place / (x * y)),
    Math.floor(place / x) % y,
    place % x,
  ]);
}
