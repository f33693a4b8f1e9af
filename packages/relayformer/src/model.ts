/** RelayFormer under the official names: tiles, relay tokens between them, one mask a frame. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  concat,
  gatherRows,
  linear,
  type PackedWeight,
  permute,
  pointwise,
  reshape,
  samplesToFloat,
  slice,
  type Tensor,
} from "@vicinity/tensor";
import { LayerNorm } from "@vicinity/vision";
import { Block } from "./block.ts";
import { PATCH, type RelayFormerConfig } from "./config.ts";
import { type DecoderOutput, MaskDecoder } from "./mask_decoder.ts";
import { averageRows } from "./ops/average_rows.ts";
import { type Partition, tokenRows } from "./partition.ts";
import { resamplePositions } from "./position_embedding.ts";
import { NORMALISATION } from "./pre.ts";
import { relayFactors, relayPositions } from "./relay_rotary.ts";

/** Of the last norm, in all versions of timm. */
const FINAL_EPS = 1e-6;
/** A binding at WebGPU's default limits. */
const LARGEST_BYTES = 128 * 2 ** 20;
/** Values of a patch. */
const PATCH_VALUES = PATCH * PATCH * 3;

/** What the network gives of a clip. */
export interface RelayFormerOutput {
  /** Normalised patches, `[frames · rows · cols, 16 · 16 · 3]`. */
  readonly patches: Tensor;
  /** Tokens with their positions, `[tiles, tokens, dim]`. */
  readonly embedded: Tensor;
  /** What each block makes of the tiles, before shared tokens are averaged. */
  readonly local: readonly Tensor[];
  /** What each block but the first makes of the relay tokens, `[tokens, dim]`. */
  readonly relay: readonly Tensor[];
  /** Normed tokens, shared ones averaged. */
  readonly normed: Tensor;
  /** What the decoder gives of each frame. */
  readonly frames: readonly DecoderOutput[];
}

/** The network. */
export class RelayFormer {
  /** Its configuration. */
  readonly config: RelayFormerConfig;
  readonly #patchEmbed: Parameter<PackedWeight>;
  readonly #patchBias: Parameter<Tensor>;
  readonly #added: Parameter<Tensor>;
  readonly #statistics: readonly [mean: Parameter<Tensor>, scale: Parameter<Tensor>];
  readonly #blocks: readonly Block[];
  readonly #norm: LayerNorm;
  readonly #maskDecoder: MaskDecoder;

  readonly #largestBytes: number;

  /**
   * Declares all weights.
   *
   * @param parameters Collects them.
   * @param store Module that owns them.
   * @param config Extents.
   * @param largestBytes Bytes that a tensor inside a block may have; more tiles than that are taken
   * one group after the other.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    config: RelayFormerConfig,
    largestBytes = LARGEST_BYTES,
  ) {
    this.config = config;
    this.#largestBytes = largestBytes;
    const { dim, depth } = config.vit;
    const vit = store.at("vit");
    const embed = vit.at("patch_embed.proj");
    const weight = embed.get("weight", [dim, 3, PATCH, PATCH]);
    this.#patchEmbed = parameters.packedFrom(weight.key, async () => ({
      values: channelsLast(await weight.float32()),
      shape: [dim, PATCH_VALUES],
    }));
    this.#patchBias = parameters.vector(embed, "bias", [dim]);
    this.#added = declareAdded(parameters, vit, config);
    this.#statistics = declareStatistics(parameters);
    this.#blocks = Array.from(
      { length: depth },
      (_, index) => new Block(parameters, vit.at("blocks").at(index), config.vit, index > 0),
    );
    this.#norm = new LayerNorm(parameters, vit.at("norm"), dim, { eps: FINAL_EPS });
    this.#maskDecoder = new MaskDecoder(
      parameters,
      store.at("mask_decoder"),
      dim,
      config.decoder,
    );
  }

  /**
   * Looks at a picture or a clip.
   *
   * @param bytes u32, the pixels `[frames, 16 · map rows, 16 · map columns, 3]` of the canvas that the
   * tiles cover, four bytes a word; black beside the picture.
   * @param cut How each frame is cut.
   * @param frames Number of frames.
   * @returns Logits of each frame, and what they were made from.
   */
  forward(bytes: Tensor, cut: Partition, frames = 1): RelayFormerOutput {
    const { dim, heads, relayTokens } = this.config.vit;
    const { gpu } = bytes;
    const { map: [rows, cols], tiles: { length }, side } = cut;
    const tiles = frames * length;
    const tokens = relayTokens + side * side;
    const numbers = tokenRows(cut, frames, relayTokens);
    const upload = (table: Uint32Array, shape: number[]) => gpu.tensor(shape, table);
    const factors = relayFactors(relayPositions(cut, frames, relayTokens), dim / heads);
    const table = (values: Float32Array) => gpu.tensor([tiles * relayTokens, dim / heads], values);
    const positions = { own: table(factors.own), other: table(factors.other) };
    const relayRows = upload(numbers.relay, [tiles * relayTokens]);
    const shared = upload(numbers.shared, [tiles * tokens, numbers.length]);

    const patches = this.#patches(bytes, frames * rows, cols);
    const embedded = this.#embed(patches, upload(numbers.cut, [tiles * tokens]), tiles);
    const [local, relay]: [Tensor[], Tensor[]] = [[], []];
    let x = embedded;
    this.#blocks.forEach((block, index) => {
      const seen = this.#inTiles(block, x);
      const flat = reshape(seen, [tiles * tokens, dim]);
      const passed = gatherRows(flat, relayRows);
      // Relay tokens go through the next block, not through the one that the tiles were in.
      const next = this.#blocks[index + 1]?.relay(passed, positions);
      x = reshape(averageRows(concat([flat, next ?? passed], 0), shared), seen.shape);
      local.push(seen);
      if (next) relay.push(next);
    });
    const normed = this.#norm.forward(x);
    const stitch = upload(numbers.stitch, [frames * rows * cols]);
    const maps = reshape(
      gatherRows(reshape(normed, [tiles * tokens, dim]), stitch),
      [frames, rows, cols, dim],
    );
    return {
      patches,
      embedded,
      local,
      relay,
      normed,
      frames: Array.from(
        { length: frames },
        (_, frame) => this.#maskDecoder.forward(slice(maps, 0, frame, 1)),
      ),
    };
  }

  /** Pixels to normalised patches. */
  #patches(bytes: Tensor, rows: number, cols: number): Tensor {
    // A line of a patch is 48 bytes: they are moved as 12 words.
    const lines = reshape(bytes, [rows, PATCH, cols, PATCH * 3 / 4]);
    const words = reshape(permute(lines, [0, 2, 1, 3]), [rows * cols * PATCH_VALUES / 4]);
    const [mean, scale] = this.#statistics;
    const a = samplesToFloat(words, [rows * cols, PATCH_VALUES]);
    return pointwise("(a - mean) * scale", { a, mean: mean.value, scale: scale.value });
  }

  #embed(patches: Tensor, cut: Tensor, tiles: number): Tensor {
    const { dim } = this.config.vit;
    const projected = linear(patches, this.#patchEmbed.value, { bias: this.#patchBias.value });
    const a = reshape(gatherRows(projected, cut), [tiles, (cut.shape[0] ?? 0) / tiles * dim]);
    return reshape(pointwise("a + b", { a, b: this.#added.value }), [
      tiles,
      (cut.shape[0] ?? 0) / tiles,
      dim,
    ]);
  }

  /** Runs a block over the tiles, as many at once as fit a binding: they do not see each other. */
  #inTiles(block: Block, x: Tensor): Tensor {
    const [tiles = 0, tokens = 0, dim = 0] = x.shape;
    const widest = 4 * tokens * Math.max(this.config.vit.hidden, 3 * dim);
    const atOnce = Math.max(1, Math.floor(this.#largestBytes / widest));
    const parts: Tensor[] = [];
    for (let first = 0; first < tiles; first += atOnce) {
      parts.push(block.local(slice(x, 0, first, Math.min(atOnce, tiles - first))));
    }
    return concat(parts, 0);
  }
}

/** `[dim, 3, rows, cols]` to `[dim, rows, cols, 3]`. */
function channelsLast(values: Float32Array): Float32Array {
  const area = PATCH * PATCH;
  return values.map((_, at) => {
    const [place, dim] = [at % PATCH_VALUES, Math.floor(at / PATCH_VALUES)];
    return values[dim * PATCH_VALUES + place % 3 * area + Math.floor(place / 3)] ?? 0;
  });
}

/** What is added to each token of a tile: its position, and relay tokens themselves. */
function declareAdded(
  parameters: Parameters,
  vit: WeightStore,
  { vit: { dim, relayTokens, positionGrid }, canvas }: RelayFormerConfig,
): Parameter<Tensor> {
  const stored = vit.get("pos_embed", [1, relayTokens + positionGrid ** 2, dim]);
  const first = vit.get("cls_token", [1, 1, dim]);
  const others = relayTokens > 1 ? vit.get("reg_token", [1, relayTokens - 1, dim]) : undefined;
  return parameters.derived(stored.key, async () => {
    const side = canvas.tile / PATCH;
    const values = resamplePositions(await stored.float32(), relayTokens, positionGrid, side);
    const tokens = [...await first.float32(), ...await others?.float32() ?? []];
    tokens.forEach((value, at) => values[at] = (values[at] ?? 0) + value);
    return parameters.gpu.tensor([values.length], values);
  });
}

/** What is taken off each value of a patch, and what it is multiplied by. */
function declareStatistics(
  parameters: Parameters,
): readonly [mean: Parameter<Tensor>, scale: Parameter<Tensor>] {
  const vector = (name: string, of: (channel: number) => number) =>
    parameters.derived(name, () => {
      const values = Float32Array.from({ length: PATCH_VALUES }, (_, at) => of(at % 3));
      return Promise.resolve(parameters.gpu.tensor([PATCH_VALUES], values));
    });
  return [
    vector("mean", (channel) => NORMALISATION.mean[channel] ?? 0),
    vector("scale", (channel) => NORMALISATION.scale[channel] ?? 1),
  ];
}
