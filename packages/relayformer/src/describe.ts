/** What a checkpoint says of its network: extents by its shapes, the rest by the options stored. */
import { type Checkpoint, CheckpointError, configText } from "@vicinity/checkpoint";
import * as v from "valibot";
import {
  type CanvasConfig,
  canvasFault,
  canvasOf,
  type DecoderConfig,
  type RelayFormerConfig,
  usualHeads,
  type VitConfig,
} from "./config.ts";
import type { LookMode } from "./pre.ts";

/** A network and how it is meant to be used. */
export interface RelayFormerDescription {
  /** The network. */
  readonly network: RelayFormerConfig;
  /** How pictures are looked at, as far as its training tells. */
  readonly mode: LookMode;
  /** Frames that it looks at together in a video. */
  readonly clipFrames: number;
}

/** The canvas of the published files, none of which says it. */
const USUAL_CANVAS = 1024;
/** The authors' default. */
const USUAL_CLIP = 4;
const USUAL_ALPHA = 16;
const USUAL_EPS = 1e-5;
/** Channels of a head that carry positions. */
const LEAST_HEAD = 32;

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));

/** What files of this project say beside their shapes; names are those of the authors' options. */
const OPTIONS = v.object({
  num_heads: v.exactOptional(COUNT),
  lora_alpha: v.exactOptional(v.number()),
  block_norm_eps: v.exactOptional(v.number()),
  input_size: v.exactOptional(COUNT),
  grid_size: v.exactOptional(COUNT),
  patch_size: v.exactOptional(COUNT),
  clip_len: v.exactOptional(COUNT),
  if_resizing: v.exactOptional(v.boolean()),
  placing: v.exactOptional(v.picklist(["fit", "native", "crop", "pad", "resize"])),
});

type Options = v.InferOutput<typeof OPTIONS>;

/** What the authors' training leaves in a file; anything else in it is of no use here. */
const ARGS = v.object({
  image_size: v.exactOptional(COUNT),
  clip_len: v.exactOptional(COUNT),
  if_resizing: v.exactOptional(v.boolean()),
});

/**
 * Describes the RelayFormer in a checkpoint, whatever its width, depth and number of relay tokens.
 *
 * @param checkpoint A file of the authors' or of this project.
 * @returns Its description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when it is another network, or its sizes contradict
 * each other.
 */
export function describeRelayFormer(checkpoint: Checkpoint): RelayFormerDescription {
  const options = optionsOf(checkpoint);
  return {
    network: {
      canvas: canvasFrom(checkpoint, options),
      vit: vitOf(checkpoint, options),
      decoder: decoderOf(checkpoint),
    },
    mode: options.placing ?? (options.if_resizing ? "resize" : "fit"),
    clipFrames: Math.max(2, options.clip_len ?? USUAL_CLIP),
  };
}

/** Tokens of a tile that the published files pass around, where that is known. */
const RELAY_TOKENS: Readonly<Record<string, number>> = {
  "relayformer": 3,
  "relayformer-application": 2,
};

/**
 * Describes a published network without its file.
 *
 * @param model Its name.
 * @returns What its file says; undefined for other names, and where the number of tokens is not known.
 */
export function officialRelayFormer(model: string): RelayFormerDescription | undefined {
  const [relayTokens, canvas] = [RELAY_TOKENS[model], canvasOf(USUAL_CANVAS)];
  if (relayTokens === undefined || canvas === undefined) return undefined;
  const extents = { dim: 768, depth: 12, heads: 12, hidden: 3072, positionGrid: 14, rank: 8 };
  return {
    network: {
      canvas,
      vit: { ...extents, relayTokens, alpha: USUAL_ALPHA, blockEps: USUAL_EPS },
      decoder: { dim: 256, queries: 8, heads: 8, layers: 3, hidden: 256 },
    },
    mode: "fit",
    clipFrames: USUAL_CLIP,
  };
}

function optionsOf(checkpoint: Checkpoint): Options {
  const own = v.safeParse(
    v.pipe(v.string(), v.parseJson(), OPTIONS),
    configText(checkpoint) ?? "{}",
  );
  if (!own.success) throw mismatch(checkpoint, `its configuration says ${own.issues[0].message}`);
  const left = v.safeParse(
    v.pipe(v.string(), v.parseJson(), ARGS),
    checkpoint.metadata["args"] ?? "{}",
  );
  const { image_size: size, ...others } = left.success ? left.output : {};
  return { ...(size === undefined ? {} : { input_size: size }), ...others, ...own.output };
}

function canvasFrom(checkpoint: Checkpoint, options: Options): CanvasConfig {
  const { input_size: size = USUAL_CANVAS, grid_size: grid, patch_size: tile } = options;
  const usual = canvasOf(size);
  const canvas = grid === undefined || tile === undefined ? usual : { size, grid, tile };
  const fault = canvas === undefined ? `no two tiles fill ${size} pixels` : canvasFault(canvas);
  if (canvas !== undefined && fault === undefined) return canvas;
  throw mismatch(checkpoint, `its canvas cannot be cut: ${fault}`);
}

function vitOf(checkpoint: Checkpoint, options: Options): VitConfig {
  const shape = (key: string) => shapeOf(checkpoint, `vit.${key}`);
  const [dim = 0] = shape("norm.weight");
  const registers = checkpoint.find("vit.reg_token")?.shape[1] ?? 0;
  const relayTokens = 1 + registers;
  const [, positions = 0] = shape("pos_embed");
  const positionGrid = Math.sqrt(positions - relayTokens);
  if (!Number.isInteger(positionGrid) || positionGrid < 1) {
    throw mismatch(
      checkpoint,
      `its ${positions} positions are no ${relayTokens} relay tokens and a square`,
    );
  }
  const [hidden = 0] = shape("blocks.0.mlp.fc1.weight");
  const [, rank = 0] = shape("blocks.0.attn.qkv_lora_loc.lora_A");
  const heads = options.num_heads ?? usualHeads(dim);
  const headDim = dim / heads;
  if (headDim % 4 !== 0 || headDim < LEAST_HEAD) {
    throw mismatch(
      checkpoint,
      `${heads} heads of ${dim} channels are not of a multiple of 4 channels, ${LEAST_HEAD} or more`,
    );
  }
  return {
    dim,
    depth: countOf(checkpoint, "vit.blocks"),
    heads,
    hidden,
    relayTokens,
    positionGrid,
    rank,
    alpha: options.lora_alpha ?? USUAL_ALPHA,
    blockEps: options.block_norm_eps ?? USUAL_EPS,
  };
}

function decoderOf(checkpoint: Checkpoint): DecoderConfig {
  const shape = (key: string) => shapeOf(checkpoint, `mask_decoder.${key}`);
  const [queries = 0, dim = 0] = shape("mask_embed.weight");
  const [pairs = 0] = shape("layers.0.self_attn.token_rotary_emb.freqs");
  const [hidden = 0] = shape("layers.0.ffn.0.weight");
  const heads = dim / (2 * pairs);
  if (!Number.isInteger(heads) || dim / heads % 4 !== 0) {
    throw mismatch(
      checkpoint,
      `a decoder of ${dim} channels has no heads of ${2 * pairs}, or they are no multiple of 4`,
    );
  }
  return { dim, queries, heads, layers: countOf(checkpoint, "mask_decoder.layers"), hidden };
}

function shapeOf(checkpoint: Checkpoint, key: string): readonly number[] {
  const shape = checkpoint.find(key)?.shape;
  if (shape !== undefined) return shape;
  throw mismatch(checkpoint, `it has no ${key}`);
}

/** Number of modules in a list. */
function countOf(checkpoint: Checkpoint, list: string): number {
  const start = `${list}.`;
  const places = [...checkpoint.keys()]
    .filter((key) => key.startsWith(start))
    .map((key) => Number.parseInt(key.slice(start.length)));
  return 1 + places.reduce((last, place) => Math.max(last, place), -1);
}

function mismatch({ name }: Checkpoint, reason: string): CheckpointError {
  return new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${name} as RelayFormer: ${reason}. Use a checkpoint of this network.`,
  );
}
