import { alignColumns } from "./align_columns.ts";
import { type Gpu, type KernelTime, type KernelTotal, kernelTotals } from "@vicinity/tensor";

/** Where the time of an input went, in milliseconds that add up to the whole. */
export interface StageTimes {
  /** Opening the adapter and bringing the weights to it. */
  readonly loadMs: number;
  /** Compiling what the model runs at this size. */
  readonly warmupMs: number;
  /** Reading and decoding, as far as the GPU did not work on the input before meanwhile. */
  readonly preMs: number;
  /** Waiting for the GPU. */
  readonly gpuMs: number;
  /** The rest: preparing, painting, and encoding and writing as far as the GPU did not work on the next input. */
  readonly postMs: number;
}

/**
 * The whole of some stages.
 *
 * @param times The stages.
 * @returns Their sum in milliseconds.
 */
export function totalOf(times: StageTimes): number {
  const { loadMs, warmupMs, preMs, gpuMs, postMs } = times;
  return loadMs + warmupMs + preMs + gpuMs + postMs;
}

/** The work on one input, while it is measured. */
export interface MeteredWork {
  /** Where the time went so far. */
  readonly times: StageTimes;
  /** Ends the measurement of all but writing. */
  end(): Promise<void>;
  /**
   * Counts the writing of the results, beside which the next input may be worked on.
   *
   * @param write The writing.
   * @returns What it gives.
   */
  write<T>(write: () => Promise<T>): Promise<T>;
}

interface Profile {
  readonly end: () => void;
  readonly times: Promise<readonly KernelTime[]>;
}

/** Milliseconds since the run began, by what they were spent on. */
type Spent = Omit<StageTimes, "postMs">;

/** Follows where the time of a run goes: stage by stage, and kernel by kernel where that is wanted. */
export class Meter {
  readonly #timesKernels: boolean;
  #gpu: Gpu | undefined;
  #profile: Profile | undefined;
  #totals: readonly KernelTotal[] = [];
  #loadMs = 0;
  #frameMs = 0;
  /** What the context counted while models were loaded. */
  #counted = { compileMs: 0, waitMs: 0 };

  /**
   * Starts with nothing spent.
   *
   * @param options Whether each kernel is timed, which costs time itself.
   */
  constructor({ kernels }: { readonly kernels: boolean }) {
    this.#timesKernels = kernels;
  }

  /**
   * Counts the loading of a model, with all that it compiles and waits for.
   *
   * @param load The work.
   * @returns What it gives.
   */
  async load<T>(load: () => Promise<T>): Promise<T> {
    const start = performance.now();
    const before = this.#gpu?.stats ?? { compileMs: 0, waitMs: 0 };
    try {
      return await load();
    } finally {
      this.#loadMs += performance.now() - start;
      const after = this.#gpu?.stats ?? before;
      this.#counted = {
        compileMs: this.#counted.compileMs + after.compileMs - before.compileMs,
        waitMs: this.#counted.waitMs + after.waitMs - before.waitMs,
      };
    }
  }

  /**
   * Follows a context from now on.
   *
   * @param gpu The one context of the run.
   */
  follow(gpu: Gpu): void {
    this.#gpu = gpu;
    this.#profile = this.#startProfile();
  }

  /**
   * Passes frames on and counts the waits for them as decoding.
   *
   * @param frames Frames as they are decoded.
   * @returns The same.
   */
  async *decoded<T>(frames: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T, void, void> {
    const iterator = Symbol.asyncIterator in frames
      ? frames[Symbol.asyncIterator]()
      : frames[Symbol.iterator]();
    try {
      for (;;) {
        const start = performance.now();
        const { done, value } = await iterator.next();
        this.#frameMs += performance.now() - start;
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  /**
   * Begins to measure something that is done beside the work on another input.
   *
   * @returns Tells the milliseconds since, without those in which the GPU was waited for, which count as
   *   work on the other input.
   */
  beside(): () => number {
    const start = performance.now();
    const { gpuMs: before } = this.#spent();
    return () => Math.max(0, performance.now() - start - (this.#spent().gpuMs - before));
  }

  /**
   * Begins to measure the work on an input.
   *
   * @param prepareMs What reading it took.
   * @returns Its times.
   */
  begin(prepareMs: number): MeteredWork {
    const start = performance.now();
    const before = this.#spent();
    this.#profile ??= this.#startProfile();
    const read = (): StageTimes => {
      const now = this.#spent();
      const loadMs = now.loadMs - before.loadMs;
      const warmupMs = now.warmupMs - before.warmupMs;
      const gpuMs = now.gpuMs - before.gpuMs;
      const waitedMs = now.preMs - before.preMs;
      const known = loadMs + warmupMs + gpuMs + waitedMs;
      const postMs = Math.max(0, performance.now() - start - known);
      return { loadMs, warmupMs, preMs: prepareMs + waitedMs, gpuMs, postMs };
    };
    let ended: StageTimes | undefined;
    let writeMs = () => 0;
    return {
      get times() {
        const times = ended ?? read();
        return { ...times, postMs: times.postMs + writeMs() };
      },
      end: async () => {
        ended = read();
        await this.#endProfile();
      },
      write: async (write) => {
        writeMs = this.beside();
        try {
          return await write();
        } finally {
          const whole = writeMs();
          writeMs = () => whole;
        }
      },
    };
  }

  /** What every kernel took so far, the slowest first; nothing unless kernels are timed. */
  get kernels(): readonly KernelTotal[] {
    return this.#totals;
  }

  #spent(): Spent {
    const { compileMs, waitMs } = this.#gpu?.stats ?? this.#counted;
    return {
      loadMs: this.#loadMs,
      warmupMs: compileMs - this.#counted.compileMs,
      preMs: this.#frameMs,
      gpuMs: waitMs - this.#counted.waitMs,
    };
  }

  #startProfile(): Profile | undefined {
    if (!this.#timesKernels || this.#gpu === undefined) return undefined;
    const { promise, resolve } = Promise.withResolvers<void>();
    // A context that fails says so to who uses it; that its kernels cannot be timed is no news then.
    const times = this.#gpu.profile(() => promise).catch(() => []);
    return { end: resolve, times };
  }

  async #endProfile(): Promise<void> {
    const profile = this.#profile;
    this.#profile = undefined;
    if (profile === undefined) return;
    profile.end();
    this.#totals = kernelTotals([...this.#totals, ...await profile.times]);
  }
}

/** What is shown of the stages, in this order. */
const STAGE_NAMES: readonly (readonly [keyof StageTimes, string])[] = [
  ["loadMs", "load"],
  ["warmupMs", "compile"],
  ["preMs", "read"],
  ["gpuMs", "GPU"],
  ["postMs", "rest"],
];

/**
 * Stages for people.
 *
 * @param times The stages.
 * @returns Such as `load 12 ms, compile 30 ms, ...`; those that took no time are left out.
 */
export function stagesInWords(times: StageTimes): string {
  return STAGE_NAMES.flatMap(([stage, name]) => {
    const ms = Math.round(times[stage]);
    return ms === 0 ? [] : [`${name} ${ms} ms`];
  }).join(", ");
}

/**
 * Kernel times for people.
 *
 * @param totals What the kernels took.
 * @returns A table, line by line.
 */
export function kernelTable(totals: readonly KernelTotal[]): string[] {
  const allNs = totals.reduce((sum, { ns }) => sum + ns, 0);
  const rate = (amount: number, ns: number) => ns === 0 ? "" : (amount / ns).toFixed(1);
  const rows = totals.map(({ label, calls, ns, flops, bytes }) => [
    label,
    `${calls}`,
    (ns / 1e6).toFixed(2),
    `${(100 * ns / (allNs || 1)).toFixed(1)} %`,
    rate(flops, ns),
    rate(bytes, ns),
  ]);
  return alignColumns([["kernel", "calls", "ms", "share", "GFLOP/s", "GB/s"], ...rows], {
    numbersFrom: 1,
  });
}
