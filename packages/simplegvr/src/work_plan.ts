/** How frames of one size are cut so that the work on them fits: tiles, chunks, windows in time. */
import { OutOfMemoryError } from "@vicinity/tensor";
import { ConfigError, type FramesToEnlarge, type Room, type WorkPlan } from "@vicinity/vision";
import { type SimpleGvrConfig, spatialStride, temporalStride } from "./config.ts";
import { type Geometry, planGeometry } from "./geometry.ts";
import { LEAST_SIDE, type MosaicTile, planMosaic } from "./mosaic.ts";

/** Frames that are encoded and decoded together, where memory allows. */
const LARGEST_CHUNK = 5;
/** Tensors of the widest size that a budget must hold at once, measured on the mini networks. */
const WIDEST_TENSORS = 14;
/**
 * Of these so many are held at once in truth: on simplegvr-mini-xs (256×144 to 480×270, ×2 and ×4) the most
 * was within 10 % of that.
 */
const HELD_TENSORS = 9;
/** Causal layers put so many remembered frames before the new ones. */
const REMEMBERED_FRAMES = 2;

/** A number of frames that a network cannot look at together. */
export class WindowError extends Error {
  /** Stable code for programs. */
  readonly code = "WINDOW";
  /** Name of the class, for messages. */
  override readonly name = "WindowError";
}

/** A plan with all that its tiles need. */
export interface TilePlan extends WorkPlan {
  /** What is worked on by itself. */
  readonly tiles: readonly (MosaicTile & { readonly width: number; readonly height: number })[];
}

/** Plans the work of a network. */
export class WorkPlanner {
  readonly #config: SimpleGvrConfig;
  readonly #room: Room;

  /**
   * @param config The network.
   * @param room What the work may use.
   * @throws {ConfigError} If the network cannot be streamed.
   */
  constructor(config: SimpleGvrConfig, room: Room) {
    requireStreamable(config);
    this.#config = config;
    this.#room = room;
  }

  /**
   * The source in one piece if that fits, else in the fewest tiles that do.
   *
   * @param request The frames.
   * @param inUse Bytes that others use, for messages.
   * @returns The plan.
   * @throws {OutOfMemoryError} If not even the smallest tiles fit.
   * @throws {ScaleError} If the network cannot enlarge by that factor.
   * @throws {WindowError} If it cannot look at so many frames together.
   */
  plan(request: FramesToEnlarge, inUse = 0): TilePlan {
    const plan = this.#within(request.tile === 0 ? Infinity : this.#mostBytes, request);
    if (plan) return plan;
    const { width, height, scale = 2 } = request;
    const side = { width: Math.min(width, LEAST_SIDE), height: Math.min(height, LEAST_SIDE) };
    const least = planGeometry(this.#config, side, scale);
    const needed = WIDEST_TENSORS * this.#widestBytes(least, request);
    throw new OutOfMemoryError(needed, inUse, this.#room.budgetBytes);
  }

  /**
   * Tiles of about half the memory of others.
   *
   * @param plan The others.
   * @param request The frames.
   * @returns The plan; undefined where there is none, or where the user wants the frame whole.
   */
  smaller({ tiles, chunk }: TilePlan, request: FramesToEnlarge): TilePlan | undefined {
    if (request.tile === 0) return undefined;
    const largest = tiles.map(({ geometry }) => this.#widestBytes(geometry, request));
    // More frames together would need what smaller tiles save.
    return this.#within(Math.max(...largest) / 2, request, chunk);
  }

  /** How many streams for such tiles fit beside each other. */
  streamsFor({ memoryBytes }: TilePlan): number {
    return Math.floor(this.#room.budgetBytes * HELD_TENSORS / (WIDEST_TENSORS * memoryBytes));
  }

  /** Bytes of the widest tensor in the upscaling of a picture, or of single frames of a video. */
  #widestBytes({ targetGrid }: Geometry, request: FramesToEnlarge): number {
    const { dit } = this.#config.net;
    const [, patchHeight, patchWidth] = dit.patchSize;
    const together = this.#window(request) === 1 ? 1 : dit.attention.unit;
    const area = targetGrid.height * targetGrid.width;
    const tokens = together * area / (patchHeight * patchWidth);
    return Math.max(
      4 * tokens * Math.max(dit.ffnDim, dit.dim),
      (REMEMBERED_FRAMES + 1) * this.#frameBytes(area),
    );
  }

  #within(
    most: number,
    request: FramesToEnlarge,
    mostFrames = LARGEST_CHUNK,
  ): TilePlan | undefined {
    const { width, height, scale = 2 } = request;
    const window = this.#window(request);
    const fits = (sizes: Geometry) => this.#widestBytes(sizes, request) <= most;
    const tiles = planMosaic(this.#config, { width, height }, scale, fits);
    if (tiles === undefined) return undefined;
    const together = Math.min(mostFrames, window || Infinity);
    // One number for all tiles, so that their frames come out at the same time.
    const chunk = Math.min(together, ...tiles.map(({ geometry }) => this.#chunkFor(geometry)));
    const memory = tiles.map(({ geometry }) =>
      Math.max(
        this.#widestBytes(geometry, request),
        (REMEMBERED_FRAMES + chunk) * this.#frameBytes(areaOf(geometry)),
      )
    );
    return {
      tiles: tiles.map((tile) => ({ ...tile, ...tile.geometry.source })),
      window,
      chunk,
      memoryBytes: HELD_TENSORS * Math.max(...memory),
    };
  }

  /** Frames that make a clip of their own; 0 where a scene is one. */
  #window({ frames, window }: FramesToEnlarge): number {
    const { clip } = this.#config;
    if (frames === 1) return 1;
    if (window === undefined) return clip;
    if (window >= 1 && Number.isInteger(window) && (clip === 0 || window <= clip)) return window;
    throw new WindowError(
      `Cannot look at ${window} frames together: the network knows ` +
        `${clip === 0 ? "whole numbers from 1" : `1 to ${clip}`}. Give one of these.`,
    );
  }

  /** Frames at once so that the widest tensors stay inside a binding and the budget; at least 1. */
  #chunkFor(geometry: Geometry): number {
    const fitting = Math.floor(this.#mostBytes / this.#frameBytes(areaOf(geometry)));
    return Math.max(1, fitting - REMEMBERED_FRAMES);
  }

  /** Bytes of the widest tensor that holds one frame in the decoder. */
  #frameBytes(area: number): number {
    const { vae } = this.#config;
    return 4 * area * Math.max(2 * vae.dim, 3 * spatialStride(vae) ** 2);
  }

  get #mostBytes(): number {
    const { bindingBytes, budgetBytes } = this.#room;
    return Math.min(bindingBytes, budgetBytes / WIDEST_TENSORS);
  }
}

function requireStreamable({ vae, net }: SimpleGvrConfig): void {
  if (temporalStride(vae) === 1 && net.dit.attention.unit > 0) return;
  throw new ConfigError(
    "Cannot stream with this model: its autoencoder changes the frame rate, or it attends over " +
      "whole clips. Use a model with temporal stride 1 and temporal units.",
  );
}

function areaOf({ targetGrid }: Geometry): number {
  return targetGrid.height * targetGrid.width;
}
