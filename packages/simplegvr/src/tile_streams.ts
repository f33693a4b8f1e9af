/** Streams for the tiles of a mosaic that are worked on one after the other. */
import type { ParkedClip } from "./clip_state.ts";
import type { ClipStream } from "./clip_stream.ts";
import type { Geometry } from "./geometry.ts";

/** Keeps the streams of as many sizes as memory allows; tiles of one size share a stream. */
export class TileStreams {
  readonly #open: (geometry: Geometry) => ClipStream;
  readonly #most: number;
  readonly #streams = new Map<string, ClipStream>();
  /** What the clips of tiles remember that others have taken the place of. */
  readonly #parked = new Map<number, ParkedClip>();

  /**
   * @param open Opens the stream of a size.
   * @param most Streams that may be open at once.
   */
  constructor(open: (geometry: Geometry) => ClipStream, most: number) {
    this.#open = open;
    this.#most = Math.max(1, most);
  }

  /**
   * The stream of a tile, with what its clip remembers.
   *
   * @param geometry Its size.
   * @param tile Its number.
   * @returns The stream; valid until the next call.
   */
  of(geometry: Geometry, tile: number): ClipStream {
    const stream = this.#ofSize(geometry);
    const parked = this.#parked.get(tile);
    if (parked) stream.resume(parked);
    return stream;
  }

  /**
   * Makes room for other tiles.
   *
   * @param stream The stream of a tile.
   * @param tile Its number.
   * @param ends Whether its clip has ended.
   */
  async leave(stream: ClipStream, tile: number, ends: boolean): Promise<void> {
    if (ends) this.#parked.delete(tile);
    else this.#parked.set(tile, await stream.park());
  }

  #ofSize(geometry: Geometry): ClipStream {
    const key = JSON.stringify(geometry);
    const known = this.#streams.get(key);
    if (known) return known;
    for (const [oldest, stream] of this.#streams) {
      if (this.#streams.size < this.#most) break;
      stream.dispose();
      this.#streams.delete(oldest);
    }
    const stream = this.#open(geometry);
    this.#streams.set(key, stream);
    return stream;
  }

  /** Frees all streams. */
  dispose(): void {
    for (const stream of this.#streams.values()) stream.dispose();
    this.#streams.clear();
    this.#parked.clear();
  }
}
