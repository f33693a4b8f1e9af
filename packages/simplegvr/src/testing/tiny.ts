/** A network small enough for tests, and frames for it. */
import type { RgbPicture } from "@vicinity/vision";
import type { SimpleGvrConfig } from "../config.ts";
import { parseConfig } from "../config_schema.ts";

/** Configuration of a tiny network with everything that the mini networks have. */
export const TINY: SimpleGvrConfig = parseConfig(JSON.stringify({
  vae: {
    dim: 8,
    dim_mult: [1, 2],
    num_res_blocks: 1,
    temporal: [false],
    z_dim: 4,
    patch: 2,
    cond: true,
    mid_attn: false,
    residual: true,
    res_scale: 0.1,
  },
  net: {
    z_dim: 4,
    cond_dim: 8,
    patch_size: [1, 1, 1],
    dim: 16,
    ffn_dim: 32,
    num_heads: 2,
    num_layers: 3,
    freq_dim: 16,
    cross_attn: false,
    attention: { type: "sparse_local", window: [4, 4], topk: 1, unit: 5, shift: 2 },
    upsampler: { variant: "res3d", hidden: 8, t_levels: 0 },
  },
}));

/**
 * Frames of drifting waves.
 *
 * @param count Number of frames.
 * @param width Columns.
 * @param height Rows.
 * @returns The frames.
 */
export function waves(count: number, width: number, height: number): RgbPicture[] {
  return Array.from({ length: count }, (_, time) => ({
    width,
    height,
    data: Uint8Array.from({ length: width * height * 3 }, (_, at) => {
      const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)];
      return 128 + 60 * Math.sin(x / 3 + time / 2 + at % 3) + 50 * Math.cos(y / 2 - time / 3);
    }),
  }));
}
