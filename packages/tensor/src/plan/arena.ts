/** Slots that all plans of a context borrow: only one plan runs at a time. */
import type { BufferPool, PoolBuffer } from "../gpu/pool.ts";

/** Buffers for plans, shared between them and freed with the last borrower. */
export class SlotArena {
  #pool: BufferPool;
  #slots: { buffer: PoolBuffer; borrowers: number }[] = [];

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /**
   * Buffers for one plan, each used once within it.
   *
   * @param sizes Bytes of each slot, largest first.
   * @returns A buffer for each size.
   */
  borrow(sizes: readonly number[]): PoolBuffer[] {
    const free = this.#slots.filter(({ buffer }) => this.#pool.holds(buffer)).sort((a, b) =>
      a.buffer.bytes - b.buffer.bytes
    );
    const lent: { buffer: PoolBuffer; borrowers: number }[] = [];
    try {
      for (const bytes of sizes) {
        const index = free.findIndex(({ buffer }) => buffer.bytes >= bytes);
        const slot = index >= 0 ? free.splice(index, 1)[0] : this.#grow(bytes);
        if (!slot) throw new RangeError("no slot");
        slot.borrowers++;
        lent.push(slot);
      }
    } catch (error) {
      this.giveBack(lent.map(({ buffer }) => buffer));
      throw error;
    }
    return lent.map(({ buffer }) => buffer);
  }

  /** Ends a plan's claim; buffers without any claim are freed. */
  giveBack(buffers: readonly PoolBuffer[]): void {
    for (const buffer of buffers) {
      const slot = this.#slots.find((candidate) => candidate.buffer === buffer);
      if (!slot || --slot.borrowers > 0) continue;
      this.#slots.splice(this.#slots.indexOf(slot), 1);
      this.#pool.give(buffer);
    }
  }

  #grow(bytes: number): { buffer: PoolBuffer; borrowers: number } {
    const slot = { buffer: this.#pool.take(bytes, true), borrowers: 0 };
    this.#slots.push(slot);
    return slot;
  }
}
