/** What identifies the code of the attention kernels that a tuning compares. */
import type { Kernel } from "@vicinity/tensor";
import type { AccessSpec } from "../kernels/access.ts";
import { neighbourPatches } from "../kernels/neighbour_patches.ts";
import { stream } from "../kernels/stream.ts";
import { tile } from "../kernels/tile.ts";

const DENSE: AccessSpec = { tables: false, listed: false, bias: false, mask: false };
const NEIGHBOURS: AccessSpec = {
  ...DENSE,
  neighbours: { kernel: [1, 7, 7], tile: [1, 4, 8], union: [1, 10, 14] },
};

/**
 * A kernel of each candidate of the families `attention` and `neighbourhood`, with a spec that stands
 * for the others; scores in memory run on kernels of `@vicinity/tensor`.
 *
 * @returns The kernels, for `candidatesChecksum`.
 *
 * @example
 * ```ts
 * import { candidatesChecksum } from "@vicinity/tensor";
 * import { attentionCandidates } from "@vicinity/attention";
 * import assert from "node:assert/strict";
 *
 * assert.notEqual(await candidatesChecksum(attentionCandidates()), await candidatesChecksum());
 * ```
 */
export function attentionCandidates(): Kernel[] {
  return [
    ...[DENSE, NEIGHBOURS].flatMap((access) => [
      stream({ ...access, variant: "lanes", lanes: 8, rows: 4, keys: 64, exact: false }),
      stream({ ...access, variant: "registers", lanes: 8, rows: 4, keys: 16, exact: false }),
      tile({ ...access, columns: 4 }),
    ]),
    neighbourPatches({
      ...{ kernel: [1, 7, 7], patch: [1, 1, 8], stack: [1, 4, 1], union: [1, 10, 14] },
      ...{ whole: [true, false, false], bias: true },
    }),
  ];
}
