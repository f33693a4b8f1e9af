import type { RgbFrame } from "@vicinity/media";
import type { UpscaleOptions, Upscaler } from "@vicinity/simplegvr";
import { assemble, crop, finerGrid, type Size, type TileGrid, wholeGrid } from "./tiles.ts";

/** Errors that smaller tiles may avoid. */
const TOO_LARGE: readonly unknown[] = ["GPU_LIMIT", "GPU_OOM"];

/** What {@link upscaleTiled} is told beside the frames. */
export interface TiledOptions extends UpscaleOptions {
  /** Target over source size, a whole number. */
  readonly scale: number;
  /** Told of each grid that turned out to be too coarse for the device. */
  readonly onFinerGrid: (grid: TileGrid) => void;
}

/**
 * Enlarges frames whole where the device can take them, else in tiles as large as it can.
 *
 * @param upscaler The network.
 * @param frames Frames of one size.
 * @param options Size, scale, mode.
 * @returns As many frames.
 * @throws {GpuLimitError} When not even small tiles fit.
 */
export async function* upscaleTiled(
  upscaler: Upscaler,
  frames: Iterable<RgbFrame> | AsyncIterable<RgbFrame>,
  options: TiledOptions,
): AsyncGenerator<RgbFrame, void, void> {
  const source = new Rewindable(frames);
  try {
    for (let grid = wholeGrid(options);;) {
      const first = await firstOf(upscaler, source, grid, options);
      if ("frame" in first) {
        source.forget();
        if (first.frame !== undefined) yield first.frame;
        return yield* first.rest;
      }
      const finer = finerGrid(options, grid);
      if (finer === undefined) throw first.error;
      options.onFinerGrid(grid = finer);
      source.rewind();
    }
  } finally {
    await source.close();
  }
}

type First =
  | { readonly frame: RgbFrame | undefined; readonly rest: AsyncGenerator<RgbFrame, void, void> }
  | { readonly error: unknown };

/** Memory is taken before the first frame comes out, so a grid that is too coarse fails here. */
async function firstOf(
  upscaler: Upscaler,
  source: Rewindable,
  grid: TileGrid,
  options: TiledOptions,
): Promise<First> {
  const rest = upscaleGrid(upscaler, source, grid, options);
  try {
    const { value } = await rest.next();
    return { frame: value ?? undefined, rest };
  } catch (error) {
    if (error instanceof Error && TOO_LARGE.includes(Reflect.get(error, "code"))) return { error };
    throw error;
  }
}

/** All tiles go through time side by side. */
async function* upscaleGrid(
  upscaler: Upscaler,
  source: Rewindable,
  grid: TileGrid,
  options: TiledOptions,
): AsyncGenerator<RgbFrame, void, void> {
  const places = grid.tops.flatMap((top) => grid.lefts.map((left) => ({ left, top })));
  const queues: RgbFrame[][] = places.map(() => []);
  const take = async (index: number): Promise<RgbFrame | undefined> => {
    const waiting = queues[index]?.shift();
    if (waiting !== undefined) return waiting;
    const frame = await source.next();
    if (frame === undefined) return undefined;
    for (const [other, queue] of queues.entries()) if (other !== index) queue.push(frame);
    return frame;
  };
  const streams = places.map(({ left, top }, index) =>
    upscaler.upscale(cropped(() => take(index), left, top, grid), {
      ...options,
      width: grid.width,
      height: grid.height,
    })
  );
  try {
    while (true) {
      const tiles: RgbFrame[] = [];
      for (const stream of streams) {
        const { value } = await stream.next();
        if (value) tiles.push(value);
      }
      if (tiles.length < streams.length) return;
      const [only] = tiles;
      yield tiles.length === 1 && only !== undefined
        ? only
        : assemble(grid, tiles, options, options.scale);
    }
  } finally {
    for (const stream of streams) await stream.return();
  }
}

async function* cropped(
  take: () => Promise<RgbFrame | undefined>,
  left: number,
  top: number,
  size: Size,
): AsyncGenerator<RgbFrame, void, void> {
  for (let frame = await take(); frame !== undefined; frame = await take()) {
    const isWhole = frame.width === size.width && frame.height === size.height;
    yield isWhole ? frame : crop(frame, left, top, size);
  }
}

/** Frames that can be read again from the first until they are forgotten. */
class Rewindable {
  readonly #iterator: AsyncIterator<RgbFrame> | Iterator<RgbFrame>;
  #kept: RgbFrame[] | undefined = [];
  #position = 0;

  constructor(frames: Iterable<RgbFrame> | AsyncIterable<RgbFrame>) {
    this.#iterator = Symbol.asyncIterator in frames
      ? frames[Symbol.asyncIterator]()
      : frames[Symbol.iterator]();
  }

  async next(): Promise<RgbFrame | undefined> {
    const again = this.#kept?.[this.#position];
    this.#position++;
    if (again !== undefined) return again;
    const { value, done } = await this.#iterator.next();
    if (done) return undefined;
    this.#kept?.push(value);
    return value;
  }

  rewind(): void {
    this.#position = 0;
  }

  forget(): void {
    this.#kept = undefined;
  }

  async close(): Promise<void> {
    await this.#iterator.return?.();
  }
}
