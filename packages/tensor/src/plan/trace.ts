/** What a function would run: commands over storages that have no memory yet. */
import type { Origin } from "../gpu/finite_checks.ts";
import type { Storage } from "../tensor.ts";
import type { Kernel } from "../wgsl/kernel.ts";

/** A stretch of a storage as a kernel sees it, in bytes. */
export interface StorageRange {
  readonly storage: Storage;
  readonly offset: number;
  readonly size: number;
}

/** A kernel call over storages. */
export interface TracedDispatch {
  readonly kind: "dispatch";
  readonly kernel: Kernel;
  readonly ranges: readonly StorageRange[];
  readonly params: Uint32Array;
  readonly grid: readonly [number, number, number];
  readonly label: string;
  readonly flops: number;
}

/** A copy between storages, offsets and size in bytes. */
export interface TracedCopy {
  readonly kind: "copy";
  readonly from: Storage;
  readonly fromOffset: number;
  readonly to: Storage;
  readonly toOffset: number;
  readonly size: number;
}

/** Zeros over a stretch of a storage. */
export interface TracedClear {
  readonly kind: "clear";
  readonly storage: Storage;
  readonly offset: number;
  readonly size: number;
}

/** Any traced command. */
export type TracedCommand = TracedDispatch | TracedCopy | TracedClear;

/** Every storage that some commands touch, once. */
export function touched(commands: readonly TracedCommand[]): ReadonlySet<Storage> {
  return new Set(commands.flatMap((command) => storagesOf(command)));
}

/** Collects what is allocated and run between the start and the end of a trace. */
export class Tracer {
  readonly commands: TracedCommand[] = [];
  /** Storages with memory and values from the host, such as tables. */
  readonly constants: Storage[] = [];
  /** How errors name the operations that are recorded here. */
  readonly origin: Origin;
  #storages = new Set<Storage>();

  constructor(plan: string) {
    this.origin = { where: `of plan ${plan}`, operations: 0 };
  }

  /** Registers a storage whose memory the plan will assign. */
  allocate(storage: Storage): Storage {
    this.#storages.add(storage);
    return storage;
  }

  /** Whether a storage was made in this trace. */
  owns(storage: Storage): boolean {
    return this.#storages.has(storage);
  }

  /** Adds a command. */
  record(command: TracedCommand): void {
    this.commands.push(command);
  }

  /**
   * Puts a command before the first one that touches a storage of this trace: its memory holds what
   * others left there.
   *
   * @param filled Storages that have values before the first command.
   * @param mark Makes the command.
   */
  markUnwritten(filled: readonly Storage[], mark: (storage: Storage) => TracedCommand): void {
    const seen = new Set(filled);
    for (const command of this.commands.splice(0)) {
      for (const storage of storagesOf(command)) {
        if (this.owns(storage) && !seen.has(storage)) this.commands.push(mark(storage));
        seen.add(storage);
      }
      this.commands.push(command);
    }
  }

  /** First and last command of each storage made in this trace; unused ones are left out. */
  lifetimes(): Map<Storage, { first: number; last: number }> {
    const lifetimes = new Map<Storage, { first: number; last: number }>();
    this.commands.forEach((command, index) => {
      for (const storage of storagesOf(command)) {
        if (!this.#storages.has(storage)) continue;
        const seen = lifetimes.get(storage);
        if (seen) seen.last = index;
        else lifetimes.set(storage, { first: index, last: index });
      }
    });
    return lifetimes;
  }
}

function storagesOf(command: TracedCommand): Storage[] {
  switch (command.kind) {
    case "dispatch":
      return command.ranges.map(({ storage }) => storage);
    case "copy":
      return [command.from, command.to];
    case "clear":
      return [command.storage];
  }
}
