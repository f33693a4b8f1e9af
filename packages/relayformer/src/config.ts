/** Extents of the network and of what it sees, and every published file, as data. */
import type { PublishedModel } from "@vicinity/vision";

/** Pixels of a patch along each side. */
export const PATCH = 16;
/** Pixels that a tile shares with its surroundings at each side. */
export const OVERLAP = 16;
/** Channels of a head, where a file does not say how many heads there are. */
const HEAD_DIM = 64;

/** How a picture is cut into tiles. */
export interface CanvasConfig {
  /** Pixels of the square canvas along each side. */
  readonly size: number;
  /** Most tiles along each side. */
  readonly grid: number;
  /** Pixels of a tile along each side, a multiple of {@link PATCH}. */
  readonly tile: number;
}

/** The vision transformer. */
export interface VitConfig {
  /** Channels of a token. */
  readonly dim: number;
  /** Blocks. */
  readonly depth: number;
  /** Heads; they divide the channels. */
  readonly heads: number;
  /** Channels between the two layers of an MLP. */
  readonly hidden: number;
  /** Tokens of a tile that are passed around: the class token and the registers. */
  readonly relayTokens: number;
  /** Positions along each side of the stored position embedding. */
  readonly positionGrid: number;
  /** Rank of the low-rank adapters. */
  readonly rank: number;
  /** Factor of the adapters is this over the rank. */
  readonly alpha: number;
  /** Added to the variance in the blocks: 1e-5 with timm up to 1.0.15, 1e-6 from 1.0.16. */
  readonly blockEps: number;
}

/** The mask decoder. */
export interface DecoderConfig {
  /** Channels. */
  readonly dim: number;
  /** Queries. */
  readonly queries: number;
  /** Heads. */
  readonly heads: number;
  /** Layers. */
  readonly layers: number;
  /** Channels between the two layers of an MLP. */
  readonly hidden: number;
}

/** The whole network. */
export interface RelayFormerConfig {
  /** What it sees. */
  readonly canvas: CanvasConfig;
  /** What it sees with. */
  readonly vit: VitConfig;
  /** What it says. */
  readonly decoder: DecoderConfig;
}

/**
 * Canvases of a known size: the authors' for pictures and for videos, and a small one.
 *
 * @param size Pixels of the canvas along each side.
 * @returns The canvas with two tiles along each side, or undefined where no whole tiles fill it.
 *
 * @example
 * ```ts
 * import { canvasOf } from "@vicinity/relayformer";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(canvasOf(1024), { size: 1024, grid: 2, tile: 528 });
 * ```
 */
export function canvasOf(size: number): CanvasConfig | undefined {
  const canvas = { size, grid: 2, tile: size / 2 + OVERLAP };
  return canvasFault(canvas) === undefined ? canvas : undefined;
}

/**
 * Says why a canvas cannot be cut into tiles that cover it.
 *
 * @param canvas The canvas.
 * @returns The reason; undefined when there is none.
 */
export function canvasFault({ size, grid, tile }: CanvasConfig): string | undefined {
  if (![size, grid, tile].every((extent) => Number.isInteger(extent) && extent > 0)) {
    return "sizes are whole numbers";
  }
  if (tile % PATCH !== 0 || tile <= 2 * OVERLAP) {
    return `a tile of ${tile} pixels is no multiple of ${PATCH} above ${2 * OVERLAP}`;
  }
  const covered = grid * (tile - 2 * OVERLAP) + 2 * OVERLAP;
  return covered === size
    ? undefined
    : `${grid} tiles of ${tile} pixels cover ${covered} pixels, not ${size}`;
}

/**
 * Heads of a transformer whose file does not say it.
 *
 * @param dim Channels of a token.
 * @returns As many as there are times 64 channels, at least one.
 */
export function usualHeads(dim: number): number {
  return Math.max(1, Math.floor(dim / HEAD_DIM));
}

/**
 * Published files. All are ViT-B (768 channels, 12 blocks) on the 1024 canvas; how many relay
 * tokens they have is read from their shapes. Training began with MAE's weights, which are CC BY-NC
 * 4.0, whatever the mark on the file.
 */
export const PUBLISHED: readonly PublishedModel[] = [
  {
    id: "relayformer",
    source: "https://huggingface.co/Wenn11/RelayFormer/blob/" +
      "9ef11f4ac16ac50e2684d4af522e442cb290e2c1/checkpoint-164.pth",
    file: "checkpoint-164.pth",
    licence: "Apache-2.0 (trained from MAE weights, CC BY-NC 4.0)",
  },
  {
    id: "relayformer-2025",
    source: "https://drive.google.com/file/d/1CFxwkVAB6_Qq-A8VJlYXJdcABJ26r7xJ",
    licence: "not stated",
  },
  {
    id: "relayformer-application",
    source: "https://drive.google.com/file/d/1vLIxt_2xdGoI2voFMOFKsHCpU7EZG3qE",
    licence: "not stated",
  },
];
