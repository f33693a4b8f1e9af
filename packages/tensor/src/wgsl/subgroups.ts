/** What kernels may count on from an adapter's subgroups. */
import { ShapeError } from "../errors.ts";
import type { Caps } from "../gpu/device.ts";

/** The facts about subgroups that kernel choice reads. */
export type SubgroupCaps = Pick<
  Caps,
  "subgroups" | "subgroupSize" | "subgroupMinSize" | "subgroupMaxSize"
>;

/**
 * Lanes of the subgroups of every kernel. Some adapters choose them anew for each kernel (Intel's 8 to
 * 32), and then a grid or a broadcast that counts on one of these numbers misses rows without an error.
 *
 * @param caps Facts about the adapter.
 * @returns The lanes; 0 without subgroups, or where kernels differ.
 */
export function fixedSubgroup(caps: SubgroupCaps): number {
  const { subgroups, subgroupSize, subgroupMinSize, subgroupMaxSize } = caps;
  const fixed = subgroupMinSize === subgroupMaxSize && subgroupSize === subgroupMinSize;
  return subgroups && fixed ? subgroupSize : 0;
}

/** Lanes among which a broadcast pays: with fewer it saves little, with more tiles become too wide. */
const BROADCAST = { least: 4, most: 16 };

/**
 * Lanes for the kernels that broadcast within a subgroup what each lane loads once.
 *
 * @param caps Facts about the adapter.
 * @returns The lanes, 4 to 16; 0 where these kernels are no choice.
 *
 * @example
 * ```ts
 * import { broadcastLanes } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * const caps = { subgroups: true, subgroupSize: 8, subgroupMinSize: 8, subgroupMaxSize: 8 };
 * assert.equal(broadcastLanes(caps), 8);
 * assert.equal(broadcastLanes({ ...caps, subgroupMaxSize: 32 }), 0);
 * ```
 */
export function broadcastLanes(caps: SubgroupCaps): number {
  const lanes = fixedSubgroup(caps);
  return lanes >= BROADCAST.least && lanes <= BROADCAST.most ? lanes : 0;
}

/**
 * The lanes for a variant that somebody asked for by name.
 *
 * @param caps Facts about the adapter.
 * @param variant The variant, for the error.
 * @param most Lanes that it can have at most.
 * @returns The lanes, at least 1.
 * @throws {ShapeError} If the adapter's subgroups have no fixed number of lanes, or too many.
 */
export function lanesFor(caps: SubgroupCaps, variant: string, most = Infinity): number {
  const lanes = fixedSubgroup(caps);
  if (lanes > 0 && lanes <= most) return lanes;
  const { subgroups, subgroupMinSize, subgroupMaxSize } = caps;
  throw new ShapeError(
    `Cannot run the variant ${variant}: it is for subgroups of one size` +
      `${most < Infinity ? ` up to ${most}` : ""}, the adapter has ` +
      (subgroups ? `${subgroupMinSize} to ${subgroupMaxSize} lanes` : "no subgroups") +
      ". Choose another variant.",
  );
}
