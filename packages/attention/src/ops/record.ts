/** Records an attention kernel. */
import { flatGrid, gridLayers, type Tensor } from "@vicinity/tensor";
import { accessParams, type AccessSpec, type CallParams } from "../kernels/access.ts";
import type { NeighbourParams } from "../wgsl/neighbour_grid.ts";
import { stream } from "../kernels/stream.ts";
import { TILE, tile } from "../kernels/tile.ts";
import {
  type AttentionExtents,
  type AttentionVariant,
  streamIterations,
  streamSpec,
} from "./kernel_choice.ts";

/** What {@link record} needs. */
export interface AttentionCall {
  readonly variant: Exclude<AttentionVariant, "scores" | "patches">;
  readonly access: AccessSpec;
  readonly extents: AttentionExtents;
  readonly params: CallParams & Partial<NeighbourParams>;
  readonly pairs: number;
  /** Floating-point operations that are asked for, not those spent on hidden keys. */
  readonly flops: number;
  /** The last one is the result. */
  readonly tensors: readonly Tensor[];
}

/**
 * Records the kernel of an attention.
 *
 * @param call What it needs.
 */
export function record(call: AttentionCall): void {
  const { variant, access, extents, params, pairs, tensors, flops } = call;
  const gpu = tensors[0]?.gpu;
  if (!gpu || extents.queries === 0 || extents.keys === 0) return;
  const { quads, queries, keys, blocks } = extents;
  const spec = variant === "tile"
    ? undefined
    : streamSpec(gpu.caps, access, { ...extents, variant });
  const tiles = Math.ceil(queries / (spec ? spec.lanes * spec.rows : TILE));
  const [gridX, gridY] = flatGrid(params.groups * tiles);
  const kernel = spec
    ? gpu.kernel("attention_stream", spec, stream)
    : gpu.kernel("attention_tile", { ...access, columns: Math.ceil(quads / 8) }, tile);
  for (const { first, count } of gridLayers(pairs, flops, gpu.work.dispatchFlops)) {
    const values: Readonly<Record<string, number>> = { ...params, tiles, first_pair: first };
    gpu.dispatch({
      kernel,
      tensors,
      params: Object.keys(accessParams(access)).map((name) => values[name] ?? 0),
      grid: [gridX, gridY, count],
      label: labelOf(access),
      flops: flops * count / pairs,
      iterations: spec
        ? streamIterations(spec, extents)
        : blocks * Math.ceil(keys / TILE) * (8 + quads),
    });
  }
}

function labelOf({ tables, neighbours, segments }: AccessSpec): string {
  if (segments) return "segment attention";
  if (neighbours) return "neighbourhood attention";
  return tables ? "gathered attention" : "dense attention";
}
