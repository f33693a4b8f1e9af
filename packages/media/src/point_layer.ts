import { blendPixel } from "./blend.ts";
import type { RgbFrame } from "./compare.ts";
import type { Color } from "./draw.ts";
import type { Point } from "./strokes.ts";

/** Numbers a pixel keeps: the light that fell on it, and that light's red, green and blue. */
const CHANNELS = 4;

/**
 * Coloured points of light over a picture, gathered before they are painted, so that the picture does
 * not depend on their order: where many fall together they are brighter, up to their mean colour.
 *
 * @example
 * ```ts
 * import { PointLayer } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const picture = { width: 1, height: 1, data: new Uint8Array(3) };
 * const layer = new PointLayer(1, 1);
 * for (let count = 0; count < 9; count++) layer.add([0.5, 0.5], [200, 100, 0], 1);
 * layer.paint(picture, 1);
 * assert.deepEqual([...picture.data], [200, 100, 0]);
 * ```
 */
export class PointLayer {
  readonly #width: number;
  readonly #height: number;
  readonly #light: Float32Array;

  /**
   * Starts without a point.
   *
   * @param width Columns.
   * @param height Rows.
   */
  constructor(width: number, height: number) {
    this.#width = width;
    this.#height = height;
    this.#light = new Float32Array(width * height * CHANNELS);
  }

  /**
   * Adds a point: a square whose light is shared among the pixels that it touches.
   *
   * @param at Its middle; the middle of the upper left pixel is at 0.5, 0.5.
   * @param color Its colour.
   * @param light How bright it is on each pixel that it covers whole; 1 for a usual point.
   * @param side Pixels along its side; 1 by default.
   */
  add([x, y]: Point, color: Color, light: number, side = 1): void {
    const [left, top] = [x - side / 2, y - side / 2];
    for (let row = Math.floor(top); row < top + side; row++) {
      const high = Math.min(row + 1, top + side) - Math.max(row, top);
      for (let column = Math.floor(left); column < left + side; column++) {
        const wide = Math.min(column + 1, left + side) - Math.max(column, left);
        this.#shine(column, row, color, light * wide * high);
      }
    }
  }

  /**
   * Lays the points over a picture of the same size.
   *
   * @param picture Painted in place.
   * @param exposure How fast light fills a pixel: a point of light 1 on it covers
   * `1 - exp(-exposure)` of it.
   */
  paint(picture: RgbFrame, exposure: number): void {
    for (let pixel = 0; pixel < this.#width * this.#height; pixel++) {
      const start = pixel * CHANNELS;
      const sum = this.#light[start] ?? 0;
      if (sum === 0) continue;
      const mean = (channel: number) => (this.#light[start + 1 + channel] ?? 0) / sum;
      const at = [pixel % this.#width, Math.floor(pixel / this.#width)] as const;
      const color = [mean(0), mean(1), mean(2)] as const;
      blendPixel(picture, at, color, 1 - Math.exp(-exposure * sum));
    }
  }

  #shine(column: number, row: number, color: Color, light: number): void {
    const outside = column < 0 || row < 0 || column >= this.#width || row >= this.#height;
    if (outside || light === 0) return;
    const start = (row * this.#width + column) * CHANNELS;
    const own = this.#light;
    own[start] = (own[start] ?? 0) + light;
    own[start + 1] = (own[start + 1] ?? 0) + light * color[0];
    own[start + 2] = (own[start + 2] ?? 0) + light * color[1];
    own[start + 3] = (own[start + 3] ?? 0) + light * color[2];
  }
}
