/** Configurations of the networks, and their form in a checkpoint's `config` metadata. */

/** The autoencoder: Wan2.1's, with the options that make it a MiniVAE. */
export interface VaeConfig {
  /** Width of the first level. */
  readonly dim: number;
  /** Width factors per level. */
  readonly dimMult: readonly number[];
  /** Residual blocks per encoder level; the decoder has one more. */
  readonly numResBlocks: number;
  /** Which downsamplings halve time too. */
  readonly temporal: readonly boolean[];
  /** Channels of the latent. */
  readonly zDim: number;
  /** Side of the pixel patches that become channels; 1 for plain RGB input. */
  readonly patch: number;
  /** The decoder sees the enlarged low-resolution picture. */
  readonly cond: boolean;
  /** Attention between the middle blocks. */
  readonly midAttn: boolean;
  /** The decoder's output is added to the enlarged low-resolution picture. */
  readonly residual: boolean;
  /** Factor of the decoder's output before that addition. */
  readonly resScale: number;
}

/** The latent upsampler. */
export interface UpsamplerConfig {
  /** Two convolutions, or four residual blocks. */
  readonly variant: "conv" | "res3d";
  /** Width between them. */
  readonly hidden: number;
  /** Doublings of time inside `res3d`. */
  readonly tLevels: number;
}

/** Who attends to whom in the transformer. */
export interface AttentionConfig {
  /** `full` inside a unit, or windows with their most relevant partners. */
  readonly type: "full" | "sparse_local";
  /** Rows and columns of a window, in tokens. */
  readonly window: readonly [number, number];
  /** Partner windows a window. */
  readonly topk: number;
  /** Latent frames of a temporal unit; 0 for the whole clip. */
  readonly unit: number;
  /** Frames by which odd layers shift the units. */
  readonly shift: number;
}

/** The diffusion transformer, Wan2.1's layers. */
export interface DitConfig {
  /** Channels of its input: noisy latent and condition. */
  readonly inDim: number;
  /** Channels of its output. */
  readonly outDim: number;
  /** Token patch in time, height and width. */
  readonly patchSize: readonly [number, number, number];
  /** Width of a token. */
  readonly dim: number;
  /** Width inside the feed-forward layers. */
  readonly ffnDim: number;
  /** Attention heads. */
  readonly numHeads: number;
  /** Blocks. */
  readonly numLayers: number;
  /** Width of the sinusoidal time embedding. */
  readonly freqDim: number;
  /** Blocks attend to a text context. */
  readonly crossAttn: boolean;
  /** Width of the context's rows. */
  readonly textDim: number;
  /** Rows that the context is padded to. */
  readonly textLen: number;
  /** Who attends to whom. */
  readonly attention: AttentionConfig;
}

/** The network between the latents: upsampler and transformer. */
export interface NetConfig {
  /** Channels of the latent. */
  readonly zDim: number;
  /** Channels of the condition that the upsampler makes. */
  readonly condDim: number;
  /** The upsampler. */
  readonly upsampler: UpsamplerConfig;
  /** The transformer. */
  readonly dit: DitConfig;
}

/** A whole model file. */
export interface SimpleGvrConfig {
  /** The autoencoder. */
  readonly vae: VaeConfig;
  /** The network between the latents. */
  readonly net: NetConfig;
  /**
   * Frames of the clips that it was trained on; a longer video is cut into such clips, since what
   * layers remember of more frames is nothing they have seen. 0 for no limit.
   */
  readonly clip: number;
}

/** A configuration that cannot be read, or that the network cannot take. */
export class ConfigError extends Error {
  /** Stable code for programs. */
  readonly code = "WEIGHTS_CORRUPT";
  /** Name of the class, for messages. */
  override readonly name = "ConfigError";
}

/** Fields of a JSON object, read with a check of their type. */
class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (typeof value !== "object" || value === null) {
      throw new ConfigError(`Cannot read the configuration: ${path} is not an object.`);
    }
    this.#values = value as Record<string, unknown>;
    this.#path = path;
  }

  has(name: string): boolean {
    return this.#values[name] !== undefined;
  }

  count(name: string, fallback?: number): number {
    const value = this.#values[name] ?? fallback;
    if (typeof value === "number" && Number.isInteger(value) && value >= 0) return value;
    return this.#fail(name, "a whole number of at least 0");
  }

  number(name: string, fallback: number): number {
    const value = this.#values[name] ?? fallback;
    return typeof value === "number" ? value : this.#fail(name, "a number");
  }

  flag(name: string, fallback: boolean): boolean {
    const value = this.#values[name] ?? fallback;
    return typeof value === "boolean" ? value : this.#fail(name, "true or false");
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = choices.find((choice) => choice === this.#values[name]);
    return value ?? this.#fail(name, choices.join(" or "));
  }

  list<T extends number | boolean>(name: string, type: "number" | "boolean"): T[] {
    const value = this.#values[name];
    if (Array.isArray(value) && value.every((entry) => typeof entry === type)) return value as T[];
    return this.#fail(name, `a list of ${type}s`);
  }

  object(name: string): Fields {
    return new Fields(this.#values[name], `${this.#path}.${name}`);
  }

  #fail(name: string, expected: string): never {
    throw new ConfigError(
      `Cannot read the configuration: ${this.#path}.${name} is ` +
        `${JSON.stringify(this.#values[name])}, expected ${expected}.`,
    );
  }
}

/**
 * Reads an autoencoder's configuration, in our form or in that of Wan2.1.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing or of another type.
 */
export function parseVaeConfig(json: unknown): VaeConfig {
  const fields = new Fields(json, "vae");
  return {
    dim: fields.count("dim"),
    dimMult: fields.list<number>("dim_mult", "number"),
    numResBlocks: fields.count("num_res_blocks"),
    // The published code spells the field this way.
    temporal: fields.list<boolean>(
      fields.has("temporal") ? "temporal" : "temperal_downsample",
      "boolean",
    ),
    zDim: fields.count("z_dim"),
    patch: fields.count("patch", 1),
    cond: fields.flag("cond", false),
    midAttn: fields.flag("mid_attn", true),
    residual: fields.flag("residual", false),
    resScale: fields.number("res_scale", 1),
  };
}

/**
 * Reads an upsampler's configuration.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing or of another type.
 */
export function parseUpsamplerConfig(json: unknown): UpsamplerConfig {
  const fields = new Fields(json, "upsampler");
  return {
    variant: fields.choice("variant", ["conv", "res3d"]),
    hidden: fields.count("hidden"),
    tLevels: fields.count("t_levels", 0),
  };
}

const WHOLE_CLIP: AttentionConfig = { type: "full", window: [1, 1], topk: 0, unit: 0, shift: 0 };

function parseAttentionConfig(fields: Fields): AttentionConfig {
  const [rows = 0, cols = 0] = fields.list<number>("window", "number");
  return {
    type: fields.choice("type", ["full", "sparse_local"]),
    window: [rows, cols],
    topk: fields.count("topk"),
    unit: fields.count("unit"),
    shift: fields.count("shift", Math.floor(fields.count("unit") / 2)),
  };
}

/**
 * Reads a transformer's configuration, in our form or in that of Wan2.1.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing, of another type, or impossible.
 */
export function parseDitConfig(json: unknown): DitConfig {
  const fields = new Fields(json, "net");
  const [pf = 0, ph = 0, pw = 0] = fields.list<number>("patch_size", "number");
  const config: DitConfig = {
    inDim: fields.has("in_dim")
      ? fields.count("in_dim")
      : fields.count("z_dim") + fields.count("cond_dim"),
    outDim: fields.has("out_dim") ? fields.count("out_dim") : fields.count("z_dim"),
    patchSize: [pf, ph, pw],
    dim: fields.count("dim"),
    ffnDim: fields.count("ffn_dim"),
    numHeads: fields.count("num_heads"),
    numLayers: fields.count("num_layers"),
    freqDim: fields.count("freq_dim"),
    crossAttn: fields.flag("cross_attn", fields.has("text_dim")),
    textDim: fields.count("text_dim", 0),
    textLen: fields.count("text_len", 0),
    attention: fields.has("attention")
      ? parseAttentionConfig(fields.object("attention"))
      : WHOLE_CLIP,
  };
  if (config.dim % (2 * config.numHeads) !== 0 || pf !== 1 || ph < 1 || pw < 1) {
    throw new ConfigError(
      `Cannot use the configuration: ${config.numHeads} heads do not divide a width of ` +
        `${config.dim} into pairs, or the patch [${config.patchSize}] spans several frames.`,
    );
  }
  return config;
}

/**
 * Reads the configuration of the network between the latents.
 *
 * @param json Parsed JSON.
 * @returns The configuration.
 * @throws {ConfigError} If a field is missing or of another type.
 */
export function parseNetConfig(json: unknown): NetConfig {
  const fields = new Fields(json, "net");
  return {
    zDim: fields.count("z_dim"),
    condDim: fields.count("cond_dim"),
    upsampler: parseUpsamplerConfig((json as Record<string, unknown>)["upsampler"]),
    dit: parseDitConfig(json),
  };
}

/**
 * Reads the configuration of a whole model file.
 *
 * @param text The `config` entry of the file's metadata.
 * @returns The configuration.
 * @throws {ConfigError} If it is not JSON, or a field is missing or of another type.
 */
export function parseConfig(text: string): SimpleGvrConfig {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError("Cannot read the configuration: it is not JSON.");
  }
  const { vae, net } = new Object(json) as Record<string, unknown>;
  const clip = new Fields(json, "config").count("clip", 0);
  return { vae: parseVaeConfig(vae), net: parseNetConfig(net), clip };
}

/**
 * Pixels a latent position spans in height and width.
 *
 * @param config The autoencoder's configuration.
 * @returns The stride.
 */
export function spatialStride(config: VaeConfig): number {
  return config.patch * 2 ** (config.dimMult.length - 1);
}

/**
 * Frames a latent frame spans, the first one apart.
 *
 * @param config The autoencoder's configuration.
 * @returns The stride in time.
 */
export function temporalStride(config: VaeConfig): number {
  return 2 ** config.temporal.filter(Boolean).length;
}
