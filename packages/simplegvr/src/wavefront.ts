/**
 * The transformer over a stream of frames, exact: a layer runs a temporal unit as soon as all of
 * the unit's frames have left the layer before, so a video of any length passes through with a few
 * frames in flight.
 */
import { type Gpu, type Plan, sizeOf, type Tensor } from "@vicinity/tensor";
import type { Dit, TokenTables } from "./dit.ts";
import { FrameTensors } from "./frame_tensors.ts";
import { unitOf } from "./temporal_units.ts";

/** Frames that wait at the entrance of a layer. */
export interface Queue<T = Tensor> {
  /** Index in the clip of the first waiting frame. */
  readonly start: number;
  /** One tensor `[rows, cols, dim]` a frame. */
  readonly frames: readonly T[];
}

interface OpenQueue extends Queue {
  start: number;
  readonly frames: Tensor[];
}

/** Programs of the blocks, by layer and number of frames; shared by all passes over a clip. */
export class BlockPlans {
  readonly #gpu: Gpu;
  readonly #dit: Dit;
  readonly #tables: TokenTables;
  readonly #text: Tensor | undefined;
  readonly #plans = new Map<string, Plan<"x", { y: Tensor }>>();

  /**
   * @param gpu The context.
   * @param dit The transformer.
   * @param tables Its tables for the token grid.
   * @param text Embedded text, for networks with cross-attention.
   */
  constructor(gpu: Gpu, dit: Dit, tables: TokenTables, text?: Tensor) {
    this.#gpu = gpu;
    this.#dit = dit;
    this.#tables = tables;
    this.#text = text;
  }

  /** Runs block `layer` over frames that form one unit. The results belong to the caller. */
  run(layer: number, frames: readonly Tensor[]): Tensor[] {
    const plan = this.#plan(layer, frames.length);
    const { rows, cols } = this.#tables.grid;
    const size = rows * cols * this.#dit.config.dim;
    frames.forEach((frame, index) =>
      this.#gpu.copy(frame, plan.inputs.x, { toStart: index * size })
    );
    const { y } = plan.run();
    return parts(y, frames.length, [rows, cols, this.#dit.config.dim]);
  }

  /** Floating-point operations of all blocks over a clip of one frame. */
  get flopsOfPicture(): number {
    return this.#dit.blocks.reduce((sum, _, layer) => sum + this.#plan(layer, 1).flops, 0);
  }

  #plan(layer: number, frames: number): Plan<"x", { y: Tensor }> {
    const key = `${layer}/${frames}`;
    const known = this.#plans.get(key);
    if (known) return known;
    const block = this.#dit.blocks[layer];
    if (!block) throw new RangeError(`Cannot run layer ${layer}: there is none.`);
    const { grid, rotary } = this.#tables;
    const vicinity = this.#tables.vicinity(frames);
    const plan = this.#gpu.plan({
      name: `block ${layer} over ${frames} frames`,
      inputs: { x: { shape: [frames * grid.rows * grid.cols, this.#dit.config.dim] } },
      run: ({ x }) => ({ y: block.forward(x, { rotary, vicinity, text: this.#text }) }),
    });
    this.#plans.set(key, plan);
    return plan;
  }

  /** Frees the programs. */
  dispose(): void {
    for (const plan of this.#plans.values()) plan.dispose();
    this.#plans.clear();
  }
}

/** One pass of the transformer's blocks over a clip. */
export class Wavefront {
  readonly #dit: Dit;
  readonly #plans: BlockPlans;
  readonly #inside: FrameTensors;
  #queues: OpenQueue[];

  /**
   * @param gpu The context.
   * @param dit The transformer.
   * @param plans Programs of its blocks.
   */
  constructor(gpu: Gpu, dit: Dit, plans: BlockPlans) {
    this.#dit = dit;
    this.#plans = plans;
    this.#inside = new FrameTensors(gpu);
    this.#queues = emptyQueues(dit.blocks.length);
  }

  /**
   * Takes the next frames of a clip.
   *
   * @param frames Tokens `[rows, cols, dim]`, one tensor a frame; they pass to the wavefront.
   * @returns Frames that left the last block, in order; they belong to the caller.
   */
  push(frames: readonly Tensor[]): Tensor[] {
    return this.#advance(frames, false);
  }

  /**
   * Ends the clip: the units at its end are run although they are short.
   *
   * @returns The remaining frames.
   */
  finish(): Tensor[] {
    const rest = this.#advance([], true);
    this.#queues = emptyQueues(this.#dit.blocks.length);
    return rest;
  }

  /** Frames that wait at each layer. */
  get queues(): readonly Queue[] {
    return this.#queues;
  }

  /** Goes on with frames that waited before; they pass to the wavefront. */
  recall(queues: readonly Queue[]): void {
    this.dispose();
    this.#queues = queues.map(({ start, frames }) => ({ start, frames: [...frames] }));
    for (const { frames } of this.#queues) for (const frame of frames) this.#inside.hold(frame);
  }

  /** Frames that wait inside. */
  get waiting(): number {
    return this.#queues.reduce((sum, { frames }) => sum + frames.length, 0);
  }

  #advance(arriving: readonly Tensor[], ending: boolean): Tensor[] {
    let moving = arriving;
    for (const frame of arriving) this.#inside.hold(frame);
    this.#queues.forEach((queue, layer) => {
      queue.frames.push(...moving);
      moving = this.#runUnits(queue, layer, ending);
    });
    this.#inside.handOn(moving);
    return [...moving];
  }

  /** Runs all complete units at the head of a queue. */
  #runUnits(queue: OpenQueue, layer: number, ending: boolean): Tensor[] {
    const done: Tensor[] = [];
    const { attention } = this.#dit.config;
    while (queue.frames.length > 0) {
      const unit = unitOf(queue.start, layer, attention);
      let count = 1;
      while (
        count < queue.frames.length && unitOf(queue.start + count, layer, attention) === unit
      ) count++;
      const complete = count < queue.frames.length ||
        unitOf(queue.start + count, layer, attention) !== unit;
      if (!complete && !ending) break;
      const frames = queue.frames.splice(0, count);
      queue.start += count;
      done.push(...this.#plans.run(layer, frames).map((frame) => this.#inside.hold(frame)));
      for (const frame of frames) this.#inside.free(frame);
    }
    return done;
  }

  /** Frees the frames that wait inside. */
  dispose(): void {
    this.#inside.dispose();
    this.#queues = emptyQueues(this.#dit.blocks.length);
  }
}

function emptyQueues(layers: number): OpenQueue[] {
  return Array.from({ length: layers }, () => ({ start: 0, frames: [] }));
}

/**
 * Frames of a batch as tensors of their own.
 *
 * @param batch `[frames, ...]`.
 * @returns One tensor a frame; they belong to the caller.
 */
export function splitFrames(batch: Tensor): Tensor[] {
  const [frames = 0, ...shape] = batch.shape;
  return parts(batch, frames, shape);
}

/** Copies of the first parts of a tensor, all or none of them. */
function parts(whole: Tensor, count: number, shape: readonly number[]): Tensor[] {
  const { gpu } = whole;
  const size = sizeOf(shape);
  using scope = gpu.scope();
  const made = Array.from({ length: count }, (_, index) => {
    const part = gpu.empty(shape);
    gpu.copy(whole, part, { fromStart: index * size, count: size });
    return part;
  });
  return made.map((part) => scope.keep(part));
}
