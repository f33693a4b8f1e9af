/**
 * Memory assignment by exact lifetimes: greedy by size (arXiv 2001.03288). Largest first, each
 * storage takes the smallest slot that is free during its whole life.
 */

/** A storage's need. */
export interface Need {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** A stretch of memory that several storages use one after the other. */
export interface Slot<T extends Need> {
  readonly bytes: number;
  readonly tenants: readonly T[];
}

/**
 * Assigns needs to slots so that needs of one slot never overlap in time.
 *
 * @param needs What must be placed.
 * @returns Slots, largest first.
 */
export function assignSlots<T extends Need>(needs: readonly T[]): Slot<T>[] {
  const slots: { bytes: number; tenants: T[] }[] = [];
  const bySize = [...needs].sort((a, b) => b.bytes - a.bytes || a.first - b.first);
  for (const need of bySize) {
    let best: { bytes: number; tenants: T[] } | undefined;
    for (const slot of slots) {
      const free = slot.tenants.every((t) => t.last < need.first || need.last < t.first);
      if (free && (!best || slot.bytes < best.bytes)) best = slot;
    }
    if (best) best.tenants.push(need);
    else slots.push({ bytes: need.bytes, tenants: [need] });
  }
  return slots;
}
