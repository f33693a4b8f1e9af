/** What the files say of networks and pictures, in the words of the authors' options. */
import type { Extent, RelayFormerConfig } from "@vicinity/relayformer";
import type { RgbPicture } from "@vicinity/vision";
import * as v from "valibot";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import { type FilledPicture, filledPicture } from "./fill_rule.ts";

const CONFIG = v.object({
  embed_dim: v.number(),
  depth: v.number(),
  num_heads: v.number(),
  mlp_ratio: v.number(),
  lora_rank: v.number(),
  lora_alpha: v.number(),
  pos_embed_grid: v.number(),
  input_size: v.number(),
  tokens_per_patch: v.number(),
  grid_size: v.number(),
  patch_size: v.number(),
  decoder: v.object({
    queries: v.number(),
    hidden: v.number(),
    heads: v.number(),
    layers: v.number(),
  }),
  block_norm_eps: v.number(),
});

/** The network of a case. */
export function configOf(golden: GoldenCase): RelayFormerConfig {
  const parsed = v.safeParse(CONFIG, golden.json("config"));
  if (!parsed.success) {
    throw new GoldenError(`Cannot run ${golden.path}: its config says ${parsed.issues[0].message}`);
  }
  const { output: it } = parsed;
  return {
    canvas: { size: it.input_size, grid: it.grid_size, tile: it.patch_size },
    vit: {
      dim: it.embed_dim,
      depth: it.depth,
      heads: it.num_heads,
      hidden: it.embed_dim * it.mlp_ratio,
      relayTokens: it.tokens_per_patch,
      positionGrid: it.pos_embed_grid,
      rank: it.lora_rank,
      alpha: it.lora_alpha,
      blockEps: it.block_norm_eps,
    },
    decoder: {
      dim: it.decoder.hidden,
      queries: it.decoder.queries,
      heads: it.decoder.heads,
      layers: it.decoder.layers,
      hidden: it.decoder.hidden,
    },
  };
}

/** A picture of bytes `[height, width, 3]`. */
export async function pictureIn(golden: GoldenCase, name: string): Promise<RgbPicture> {
  const { shape: [height = 0, width = 0], values } = await golden.tensor(name);
  return { width, height, data: Uint8Array.from(values) };
}

/** The frames of a case, stored or by rule. */
export async function framesOf(golden: GoldenCase): Promise<RgbPicture[]> {
  if (golden.file.metadata["image_rule"] !== undefined) {
    return (golden.json("image_rule") as FilledPicture[]).map(filledPicture);
  }
  const count = golden.names("input.frame").length;
  return await Promise.all(
    Array.from({ length: count }, (_, frame) => pictureIn(golden, `input.frame${frame}`)),
  );
}

/** The frames of each sample of a batch. */
export function samplesIn(golden: GoldenCase, frames: readonly RgbPicture[]): RgbPicture[][] {
  let first = 0;
  return golden.extents("clip_len").map((length) => frames.slice(first, first += length));
}

/** A case of files that hold several, by the names of its extents. */
export type CaseTable<Fields> = Readonly<Record<string, Fields>>;

/** Rows and columns that tiles given by their numbers occupy. */
export function gridOf(valid: readonly number[], grid: number): Extent {
  const last = Math.max(...valid);
  return [
    Math.floor(last / grid) + 1,
    Math.max(...valid.map((index) => index % grid)) + 1,
  ];
}
