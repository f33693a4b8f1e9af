/** The configuration in a checkpoint's `config` metadata, in our form or in that of Wan2.1. */
import { ConfigError, readConfig } from "@vicinity/vision";
import * as v from "valibot";
import type {
  AttentionConfig,
  DitConfig,
  NetConfig,
  SimpleGvrConfig,
  UpsamplerConfig,
  VaeConfig,
} from "./config.ts";

const WHOLE = v.pipe(v.number(), v.integer(), v.minValue(0));
const COUNT = v.pipe(v.number(), v.integer(), v.minValue(1));

const TEMPORAL = v.array(v.boolean());

const VAE = v.pipe(
  v.object({
    dim: COUNT,
    dim_mult: v.array(COUNT),
    num_res_blocks: WHOLE,
    temporal: v.optional(TEMPORAL),
    // The published code spells the field this way.
    temperal_downsample: v.optional(TEMPORAL),
    z_dim: COUNT,
    patch: v.optional(COUNT, 1),
    cond: v.optional(v.boolean(), false),
    mid_attn: v.optional(v.boolean(), true),
    residual: v.optional(v.boolean(), false),
    res_scale: v.optional(v.number(), 1),
  }),
  v.check(
    (file) => (file.temporal ?? file.temperal_downsample) !== undefined,
    "neither temporal nor temperal_downsample is there",
  ),
  v.transform((file): VaeConfig => ({
    dim: file.dim,
    dimMult: file.dim_mult,
    numResBlocks: file.num_res_blocks,
    temporal: file.temporal ?? file.temperal_downsample ?? [],
    zDim: file.z_dim,
    patch: file.patch,
    cond: file.cond,
    midAttn: file.mid_attn,
    residual: file.residual,
    resScale: file.res_scale,
  })),
);

const UPSAMPLER = v.pipe(
  v.object({
    variant: v.picklist(["conv", "res3d"]),
    hidden: COUNT,
    t_levels: v.optional(WHOLE, 0),
  }),
  v.transform(({ variant, hidden, t_levels }): UpsamplerConfig => ({
    variant,
    hidden,
    tLevels: t_levels,
  })),
);

const WHOLE_CLIP: AttentionConfig = { type: "full", window: [1, 1], topk: 0, unit: 0, shift: 0 };

const ATTENTION = v.pipe(
  v.object({
    type: v.picklist(["full", "sparse_local"]),
    window: v.tuple([COUNT, COUNT]),
    topk: WHOLE,
    unit: WHOLE,
    shift: v.optional(WHOLE),
  }),
  v.transform((file): AttentionConfig => ({
    ...file,
    shift: file.shift ?? Math.floor(file.unit / 2),
  })),
);

const DIT = v.pipe(
  v.object({
    in_dim: v.optional(COUNT),
    out_dim: v.optional(COUNT),
    z_dim: v.optional(COUNT),
    cond_dim: v.optional(WHOLE),
    patch_size: v.tuple([v.literal(1), COUNT, COUNT]),
    dim: COUNT,
    ffn_dim: COUNT,
    num_heads: COUNT,
    num_layers: WHOLE,
    freq_dim: COUNT,
    cross_attn: v.optional(v.boolean()),
    text_dim: v.optional(WHOLE),
    text_len: v.optional(WHOLE, 0),
    attention: v.optional(ATTENTION, WHOLE_CLIP),
  }),
  v.check(
    ({ in_dim, z_dim, cond_dim }) =>
      in_dim !== undefined || (z_dim !== undefined && cond_dim !== undefined),
    "there is neither in_dim nor z_dim with cond_dim",
  ),
  v.check(({ out_dim, z_dim }) => (out_dim ?? z_dim) !== undefined, "there is no out_dim or z_dim"),
  v.check(
    ({ dim, num_heads }) => dim % (2 * num_heads) === 0,
    "num_heads does not divide dim into pairs",
  ),
  v.transform((file): DitConfig => ({
    inDim: file.in_dim ?? (file.z_dim ?? 0) + (file.cond_dim ?? 0),
    outDim: file.out_dim ?? file.z_dim ?? 0,
    patchSize: file.patch_size,
    dim: file.dim,
    ffnDim: file.ffn_dim,
    numHeads: file.num_heads,
    numLayers: file.num_layers,
    freqDim: file.freq_dim,
    crossAttn: file.cross_attn ?? file.text_dim !== undefined,
    textDim: file.text_dim ?? 0,
    textLen: file.text_len,
    attention: file.attention,
  })),
);

const LATENTS = v.object({ z_dim: COUNT, cond_dim: COUNT, upsampler: UPSAMPLER });

const FILE = v.object({ vae: VAE, net: v.unknown(), clip: v.optional(WHOLE, 0) });

/**
 * Reads an autoencoder's configuration, in our form or in that of Wan2.1.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing or of another type.
 */
export function parseVaeConfig(json: unknown): VaeConfig {
  return readConfig(VAE, json, "vae");
}

/**
 * Reads an upsampler's configuration.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing or of another type.
 */
export function parseUpsamplerConfig(json: unknown): UpsamplerConfig {
  return readConfig(UPSAMPLER, json, "upsampler");
}

/**
 * Reads a transformer's configuration, in our form or in that of Wan2.1.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing, of another type, or impossible.
 */
export function parseDitConfig(json: unknown): DitConfig {
  return readConfig(DIT, json, "net");
}

/**
 * Reads the configuration of the network between the latents.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing or of another type.
 */
export function parseNetConfig(json: unknown): NetConfig {
  const { z_dim, cond_dim, upsampler } = readConfig(LATENTS, json, "net");
  return { zDim: z_dim, condDim: cond_dim, upsampler, dit: parseDitConfig(json) };
}

/**
 * Reads the configuration of a whole model file.
 *
 * @param text The `config` entry of the file's metadata.
 * @returns The configuration.
 * @throws {ConfigError} If it is not JSON, or a field is missing or of another type.
 */
export function parseConfig(text: string): SimpleGvrConfig {
  const { vae, net, clip } = readConfig(FILE, parsedJson(text), "");
  return { vae, net: parseNetConfig(net), clip };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError("Cannot read the configuration: it is not JSON. Use a model file.");
  }
}
