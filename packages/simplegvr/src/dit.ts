/**
 * The velocity network: Wan2.1's diffusion transformer over `[noisy latent, condition]`.
 *
 * Field names follow the official module names.
 */
import {
  dense,
  type PreparedVicinity,
  prepareVicinity,
  type RotaryTable,
  sparseLocal,
} from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  concat,
  conv3d,
  layerNorm,
  type PackedWeight,
  permute,
  pointwise,
  reshape,
  slice,
  type Tensor,
} from "@vicinity/tensor";
import type { DitConfig } from "./config.ts";
import { DitBlock, EPSILON } from "./dit_block.ts";
import { gridRope, timeEmbedding, type TokenGrid } from "./embeddings.ts";
import { Linear } from "./linear.ts";
import { Modulation } from "./modulation.ts";
import { unitSpans } from "./temporal_units.ts";

/** The network's time runs from 0 to 1000. */
const TIME_SCALE = 1000;

/** Positions and vicinities of a grid of tokens, made once and shared by all blocks. */
export interface TokenTables {
  /** Largest run of frames that they cover. */
  readonly grid: TokenGrid;
  /** Angles of the tokens; shorter runs use the first rows. */
  readonly rotary: RotaryTable;
  /** The vicinity of a run of this many frames. */
  vicinity(frames: number): PreparedVicinity;
  /** Frees the tables. */
  dispose(): void;
}

/** Velocity network. Latents are `[frames, h, w, channels]`, tokens `[n, dim]`. */
export class Dit {
  /** Its configuration. */
  readonly config: DitConfig;
  /** The blocks in order. */
  readonly blocks: readonly DitBlock[];
  readonly #parameters: Parameters;
  readonly #patchEmbedding: Parameter<PackedWeight>;
  readonly #patchBias: Parameter<Tensor>;
  readonly #timeIn: Linear;
  readonly #timeOut: Linear;
  readonly #timeProjection: Linear;
  readonly #textIn: Linear | undefined;
  readonly #textOut: Linear | undefined;
  readonly #headModulation: Modulation;
  readonly #head: Linear;

  /** Declares all weights under the official names. */
  constructor(parameters: Parameters, store: WeightStore, config: DitConfig) {
    const { dim, freqDim, patchSize } = config;
    const [pf, ph, pw] = patchSize;
    this.config = config;
    this.#parameters = parameters;
    const patch = store.at("patch_embedding");
    this.#patchEmbedding = parameters.packed(patch, [dim, config.inDim, pf, ph, pw]);
    this.#patchBias = parameters.vector(patch, "bias", [dim]);
    this.#timeIn = new Linear(parameters, store.at("time_embedding.0"), freqDim, dim);
    this.#timeOut = new Linear(parameters, store.at("time_embedding.2"), dim, dim);
    this.#timeProjection = new Linear(parameters, store.at("time_projection.1"), dim, 6 * dim);
    if (config.crossAttn) {
      const text = store.at("text_embedding");
      this.#textIn = new Linear(parameters, text.at(0), config.textDim, dim);
      this.#textOut = new Linear(parameters, text.at(2), dim, dim);
    }
    this.blocks = Array.from(
      { length: config.numLayers },
      (_, index) => new DitBlock(parameters, store.at("blocks").at(index), config),
    );
    this.#headModulation = new Modulation(parameters, store.at("head"), 2, dim);
    this.#head = new Linear(parameters, store.at("head.head"), dim, ph * pw * config.outDim);
  }

  /**
   * Sets the time for everything that runs afterwards.
   *
   * @param time 1 is pure noise, 0 a clean latent.
   */
  setTime(time: number): void {
    const { gpu } = this.#parameters;
    const { freqDim, dim } = this.config;
    using _scope = gpu.scope();
    const angles = gpu.tensor([1, freqDim], timeEmbedding([TIME_SCALE * time], freqDim));
    const embedding = this.#timeOut.forward(this.#timeIn.forward(angles, { activation: "silu" }));
    const projected = this.#timeProjection.forward(pointwise("silu(a)", { a: embedding }));
    for (const block of this.blocks) block.modulation.set(reshape(projected, [6 * dim]));
    const flat = reshape(embedding, [dim]);
    this.#headModulation.set(concat([flat, flat], 0));
  }

  /**
   * Embeds a text context; rows are padded with zeros, which take part in attention.
   *
   * @param context `[textLen, textDim]`, zero rows behind the text.
   * @returns `[textLen, dim]`.
   */
  embedText(context: Tensor): Tensor | undefined {
    const inner = this.#textIn?.forward(context, { activation: "gelu_tanh" });
    return inner && this.#textOut?.forward(inner);
  }

  /**
   * Makes the tables for grids of up to this many frames.
   *
   * @param grid Frames, rows and columns of tokens.
   * @returns The tables; dispose them with the plans that use them.
   */
  tables(grid: TokenGrid): TokenTables {
    const { gpu } = this.#parameters;
    const { dim, numHeads, attention } = this.config;
    const headDim = dim / numHeads;
    const host = gridRope(grid, headDim);
    const tokens = grid.frames * grid.rows * grid.cols;
    const rotary = {
      cos: gpu.tensor([tokens, headDim / 2], host.cos),
      sin: gpu.tensor([tokens, headDim / 2], host.sin),
    };
    const prepared = new Map<number, PreparedVicinity>();
    const make = (frames: number) =>
      prepareVicinity(
        gpu,
        attention.type === "full" ? dense() : sparseLocal({
          grid: [frames, grid.rows, grid.cols],
          window: attention.window,
          topk: attention.topk,
        }),
      );
    return {
      grid,
      rotary,
      vicinity: (frames) => {
        const known = prepared.get(frames) ?? make(frames);
        prepared.set(frames, known);
        return known;
      },
      dispose: () => {
        gpu.free(rotary.cos);
        gpu.free(rotary.sin);
        for (const vicinity of prepared.values()) vicinity.dispose();
      },
    };
  }

  /**
   * Cuts a latent into tokens.
   *
   * @param latent `[frames, h, w, in]`.
   * @returns `[frames, rows, cols, dim]`.
   */
  embed(latent: Tensor): Tensor {
    const [, ph, pw] = this.config.patchSize;
    return conv3d(latent, this.#patchEmbedding.value, {
      bias: this.#patchBias.value,
      stride: [ph, pw],
    });
  }

  /**
   * Turns tokens back into a latent's velocity.
   *
   * @param tokens `[frames, rows, cols, dim]`.
   * @returns `[frames, h, w, out]`.
   */
  unembed(tokens: Tensor): Tensor {
    const [shift, scale] = [this.#headModulation.row(0), this.#headModulation.row(1)];
    const features = this.#head.forward(layerNorm(tokens, { eps: EPSILON, shift, scale }));
    const [, ph, pw] = this.config.patchSize;
    if (ph === 1 && pw === 1) return features;
    const [frames = 0, rows = 0, cols = 0] = tokens.shape;
    // [f·r, c, ph, pw·o] -> [f·r, ph, c, pw·o]
    const lines = reshape(features, [frames * rows, cols, ph, pw * this.config.outDim]);
    return reshape(permute(lines, [0, 2, 1, 3]), [
      frames,
      rows * ph,
      cols * pw,
      this.config.outDim,
    ]);
  }

  /**
   * The velocity of a whole clip at the time set before.
   *
   * @param latent `[frames, h, w, in]`.
   * @param tables Tables for at least this grid.
   * @param text Embedded text, for networks with cross-attention.
   * @returns `[frames, h, w, out]`.
   */
  forward(latent: Tensor, tables: TokenTables, text?: Tensor): Tensor {
    let tokens = this.embed(latent);
    const [frames = 0, rows = 0, cols = 0, dim = 0] = tokens.shape;
    this.blocks.forEach((block, layer) => {
      const parts = unitSpans(frames, layer, this.config.attention).map(({ start, end }) => {
        const unit = reshape(slice(tokens, 0, start, end - start), [
          (end - start) * rows * cols,
          dim,
        ]);
        const { rotary } = tables;
        return block.forward(unit, { rotary, vicinity: tables.vicinity(end - start), text });
      });
      tokens = reshape(concat(parts, 0), [frames, rows, cols, dim]);
    });
    return this.unembed(tokens);
  }
}
