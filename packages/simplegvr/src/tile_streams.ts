/** Streams for the tiles of a mosaic that are worked on one after the other. */
import type { ClipStream } from "./clip_stream.ts";
import type { Geometry } from "./geometry.ts";

/** Keeps the streams of as many sizes as memory allows; tiles of one size share a stream. */
export class TileStreams {
  readonly #open: (geometry: Geometry) => ClipStream;
  readonly #most: number;
  readonly #streams = new Map<string, ClipStream>();

  /**
   * @param open Opens the stream of a size.
   * @param most Streams that may be open at once.
   */
  constructor(open: (geometry: Geometry) => ClipStream, most: number) {
    this.#open = open;
    this.#most = Math.max(1, most);
  }

  /**
   * The stream for tiles of a size, between two clips.
   *
   * @param geometry The size.
   * @returns The stream; valid until the next call.
   */
  of(geometry: Geometry): ClipStream {
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
  }
}
