/** The index tensors of the official input layer, from the stretches that this project works with. */
import type { SetPartition } from "./input_layer.ts";

/** Sets filled up to one size. */
export interface OfficialSets {
  /** `[2, sets, size]` numbers of voxels, in the order by y and in the order by x. */
  readonly indices: Int32Array<ArrayBuffer>;
  /** `[2, sets, size]`, 1 where a slot repeats its left neighbour and is no key. */
  readonly mask: Uint8Array<ArrayBuffer>;
}

/**
 * Fills sets up as the official code does: slot j of set s of a window with n voxels in S sets holds
 * the voxel of rank ⌊(s · size + j) n / (S · size)⌋.
 *
 * @param partition The sets.
 * @param setSize Slots of a set.
 * @returns `set_voxel_inds` and `set_voxel_mask` of one shift.
 */
export function officialSets(partition: SetPartition, setSize: number): OfficialSets {
  const { orders, starts, windows } = partition;
  const sets = starts.length - 1;
  const indices = new Int32Array(2 * sets * setSize);
  const mask = new Uint8Array(2 * sets * setSize);
  for (const [which, order] of orders.entries()) {
    const windowOf = (set: number) => windows[order[starts[set] ?? 0] ?? 0];
    let first = 0;
    while (first < sets) {
      let end = first + 1;
      while (end < sets && windowOf(end) === windowOf(first)) end++;
      const from = starts[first] ?? 0;
      const count = (starts[end] ?? 0) - from;
      const slots = (end - first) * setSize;
      for (let slot = 0; slot < slots; slot++) {
        const rank = Math.floor(slot * count / slots);
        const at = (which * sets + first) * setSize + slot;
        indices[at] = order[from + rank] ?? 0;
        const repeats = slot % setSize > 0 && rank === Math.floor((slot - 1) * count / slots);
        mask[at] = repeats ? 1 : 0;
      }
      first = end;
    }
  }
  return { indices, mask };
}
