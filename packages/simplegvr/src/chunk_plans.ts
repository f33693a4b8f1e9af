/** Programs of the autoencoder and the embedding, by number of frames. */
import {
  concat,
  countNonFinite,
  floatToSamples,
  type Gpu,
  type Plan,
  pointwise,
  reshape,
  Resizer,
  type SampleBits,
  samplesToFloat,
  slice,
  type Tensor,
} from "@vicinity/tensor";
import { FrameStream } from "./frame_stream.ts";
import type { Geometry } from "./geometry.ts";
import { eulerStep } from "./latent_network.ts";
import type { SimpleGvr } from "./model.ts";
import { matchColours, toSamples } from "./post.ts";
import { type SourceFrames, toSignal } from "./pre.ts";
import { exactTiles, type HaloTile } from "./tiles.ts";

/** What the latent is replaced by, or hidden from, to measure what each path carries. */
export type Ablation = "no-condition" | "mean-latent";

/** Options of {@link ChunkPlans}. */
export interface ChunkOptions {
  /** Side of the decoder's tiles in latent positions; the whole picture when absent. */
  readonly tile?: number | undefined;
  /** Give the frames the coarse structure, and with it the colours, of the enlarged source. */
  readonly matchColours?: boolean | undefined;
  /** Leave a path out. */
  readonly ablation?: Ablation | undefined;
}

/** Frames of the target, and what proves that they are numbers. */
export interface DecodedFrames extends Record<string, Tensor> {
  /** `[frames, height, width, 3]` as words of samples like those of the source. */
  readonly frames: Tensor;
  /** What `countNonFinite` says of the pixels, which samples no longer tell. */
  readonly nonFinite: Tensor;
}

/** The steps of one stream of frames before and after the transformer's blocks. */
export class ChunkPlans {
  readonly #gpu: Gpu;
  readonly #model: SimpleGvr;
  readonly #geometry: Geometry;
  readonly #options: ChunkOptions;
  readonly #enlargeLatent: Resizer;
  readonly #enlargePixels: Resizer;
  readonly #encoderMemory: FrameStream;
  readonly #tiles: readonly { readonly tile: HaloTile; readonly memory: FrameStream }[];
  readonly #encoders = new Map<string, Plan<"words", { condition: Tensor }>>();
  readonly #decoders = new Map<string, Plan<"latent" | "words", DecodedFrames>>();
  readonly #embedders = new Map<number, Plan<"latent" | "condition", { tokens: Tensor }>>();
  readonly #steppers = new Map<
    string,
    Plan<"latent" | "tokens", { latent: Tensor }>
  >();

  /** Makes the tables; programs follow when they are needed. */
  constructor(gpu: Gpu, model: SimpleGvr, geometry: Geometry, options: ChunkOptions) {
    const { padded, enlarged, sourceGrid, targetGrid } = geometry;
    this.#gpu = gpu;
    this.#model = model;
    this.#geometry = geometry;
    this.#options = options;
    this.#enlargeLatent = new Resizer(
      gpu,
      [sourceGrid.height, sourceGrid.width],
      [targetGrid.height, targetGrid.width],
      { filter: "bilinear", convention: "torch" },
    );
    this.#enlargePixels = new Resizer(
      gpu,
      [padded.height, padded.width],
      [enlarged.height, enlarged.width],
      { filter: "bicubic" },
    );
    this.#encoderMemory = new FrameStream(gpu);
    const grid = { rows: targetGrid.height, cols: targetGrid.width };
    const side = options.tile ?? Math.max(grid.rows, grid.cols);
    this.#tiles = exactTiles(grid, { rows: side, cols: side }, model.decoderHalo)
      .map((tile) => ({ tile, memory: new FrameStream(gpu) }));
  }

  /**
   * Encodes low-resolution frames to conditions at the target's latent size.
   *
   * @param frames Number of frames.
   * @param source The source.
   * @returns `[frames, h, w, cond]`, valid until the next call.
   */
  encode(frames: number, source: SourceFrames): Tensor {
    const { condition } = this.#encoder(frames, source).run({ words: source.words });
    this.#encoderMemory.first = false;
    return condition;
  }

  #encoder(frames: number, { words, bits }: SourceFrames): Plan<"words", { condition: Tensor }> {
    const memory = this.#encoderMemory;
    const { vae, net } = this.#model;
    return cached(this.#encoders, `${frames}/${memory.first}/${bits}`, () =>
      this.#gpu.plan({
        name: `encode ${frames} frames`,
        inputs: { words: { shape: [words.length], dtype: "u32" } },
        run: ({ words }) => ({
          condition: net.upsampler.forward(
            vae.encode(this.#toSignal(words, frames, bits), memory),
            this.#enlargeLatent,
            memory,
          ),
        }),
      }));
  }

  /**
   * Tokens of one frame.
   *
   * @param latent Noisy latent `[h, w, z]`.
   * @param condition `[h, w, cond]`.
   * @returns `[rows, cols, dim]`, valid until the next call.
   */
  embed(latent: Tensor, condition: Tensor): Tensor {
    const { dit } = this.#model.net;
    const plan = cached(this.#embedders, 1, () =>
      this.#gpu.plan({
        name: "embed",
        inputs: { latent: { shape: latent.shape }, condition: { shape: condition.shape } },
        run: ({ latent, condition }) => {
          const joined = concat([latent, condition], 2);
          const tokens = dit.embed(reshape(joined, [1, ...joined.shape]));
          return { tokens: reshape(tokens, tokens.shape.slice(1)) };
        },
      }));
    return plan.run({ latent, condition }).tokens;
  }

  /**
   * One Euler step of one frame.
   *
   * @param latent Where the sample is, `[h, w, z]`.
   * @param tokens What the blocks made of it, `[rows, cols, dim]`.
   * @param step Difference of times, negative.
   * @returns Where the sample goes, `[h, w, z]`, valid until the next call.
   */
  step(latent: Tensor, tokens: Tensor, step: number): Tensor {
    const { dit } = this.#model.net;
    const plan = cached(this.#steppers, `${step}`, () =>
      this.#gpu.plan({
        name: "step",
        inputs: { latent: { shape: latent.shape }, tokens: { shape: tokens.shape } },
        run: ({ latent, tokens }) => {
          const velocity = dit.unembed(reshape(tokens, [1, ...tokens.shape]));
          return { latent: eulerStep(latent, reshape(velocity, latent.shape), step) };
        },
      }));
    return plan.run({ latent, tokens }).latent;
  }

  /**
   * Decodes latents over the enlarged low-resolution frames.
   *
   * @param latents One tensor `[h, w, z]` a frame.
   * @param source The source.
   * @returns Target frames; valid until the next call.
   */
  decode(latents: readonly Tensor[], source: SourceFrames): DecodedFrames {
    const plan = this.#decoder(latents.length, source);
    latents.forEach((latent, index) => {
      const size = latent.shape.reduce((a, b) => a * b);
      this.#gpu.copy(latent, plan.inputs.latent, { toStart: index * size });
    });
    const output = plan.run({ words: source.words });
    for (const { memory } of this.#tiles) memory.first = false;
    return output;
  }

  /**
   * The work on a clip of one frame before and after the transformer's blocks.
   *
   * @param source The frame.
   * @returns Floating-point operations.
   */
  flopsOfPicture(source: SourceFrames): number {
    return this.#encoder(1, source).flops + this.#decoder(1, source).flops;
  }

  #decoder(
    frames: number,
    { words, bits }: SourceFrames,
  ): Plan<"latent" | "words", DecodedFrames> {
    const { target, targetGrid: { height, width } } = this.#geometry;
    const { matchColours: matchesColours } = this.#options;
    const starts = this.#tiles[0]?.memory.first ?? true;
    return cached(this.#decoders, `${frames}/${starts}/${bits}`, () =>
      this.#gpu.plan({
        name: `decode ${frames} frames`,
        inputs: {
          latent: { shape: [frames, height, width, this.#model.config.net.zDim] },
          words: { shape: [words.length], dtype: "u32" },
        },
        run: ({ latent, words }) => {
          const cut = { top: 0, bottom: target.height, left: 0, right: target.width };
          const video = this.#toSignal(words, frames, bits);
          const base = pointwise("clamp(a, -1.0, 1.0)", { a: this.#enlargePixels.apply(video) });
          const decoded = crop(this.#decodeTiles(latent, base), cut, 1);
          const pixels = matchesColours ? matchColours(decoded, crop(base, cut, 1)) : decoded;
          return {
            frames: floatToSamples(pixels, toSamples(bits)),
            nonFinite: countNonFinite(pixels),
          };
        },
      }));
  }

  #toSignal(words: Tensor, frames: number, bits: SampleBits): Tensor {
    const { height, width } = this.#geometry.padded;
    return samplesToFloat(words, [frames, height, width, 3], toSignal(bits));
  }

  #decodeTiles(latent: Tensor, base: Tensor): Tensor {
    const { vae } = this.#model;
    const { ablation } = this.#options;
    const { stride } = this.#model;
    const carried = ablation === "mean-latent" ? pointwise("a * 0.0", { a: latent }) : latent;
    const rows = new Map<number, Tensor[]>();
    for (const { tile: { core, read }, memory } of this.#tiles) {
      const pixels = vae.decode(crop(carried, read, 1), {
        base: crop(base, read, stride),
        memory,
        zeroCondition: ablation === "no-condition",
      });
      const kept = crop(pixels, {
        top: core.top - read.top,
        bottom: core.bottom - read.top,
        left: core.left - read.left,
        right: core.right - read.left,
      }, stride);
      rows.set(core.top, [...rows.get(core.top) ?? [], kept]);
    }
    return concat([...rows.values()].map((row) => concat(row, 2)), 1);
  }

  /** What its networks remember, always in the same order. */
  get memories(): readonly FrameStream[] {
    return [this.#encoderMemory, ...this.#tiles.map(({ memory }) => memory)];
  }

  /** Forgets all frames, as before the first one. */
  reset(): void {
    for (const memory of this.memories) memory.reset();
  }

  /** Frees programs, tables and memories. */
  dispose(): void {
    for (const plans of [this.#encoders, this.#decoders, this.#embedders, this.#steppers]) {
      for (const plan of plans.values()) plan.dispose();
    }
    this.#enlargeLatent.dispose();
    this.#enlargePixels.dispose();
    for (const memory of this.memories) memory.dispose();
  }
}

function cached<Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}

/** A part of all frames; the edges are multiplied by `unit`. */
function crop(
  x: Tensor,
  { top, bottom, left, right }: HaloTile["core"],
  unit: number,
): Tensor {
  return slice(
    slice(x, 1, top * unit, (bottom - top) * unit),
    2,
    left * unit,
    (right - left) * unit,
  );
}
