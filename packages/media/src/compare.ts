import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphInk } from "./font.ts";
import { VideoOptionsError } from "./errors.ts";

/** Samples of pixels: 8 or 16 bits each. */
export type Samples = Uint8Array | Uint16Array;

/** An RGB picture: of 8 bits, or of those of its samples, 0 being black and the largest white. */
export interface RgbFrame<S extends Samples = Uint8Array> {
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
  /** Red, green and blue of each pixel, [height, width, 3]. */
  data: S;
}

/** Pixels between the two halves. */
const DIVIDER = 2;

/** Height of a letter as a part of the picture's height. */
const LETTER_PART = 28;

/**
 * Puts two pictures of one height beside each other, with a white line between them.
 *
 * @param left The left picture.
 * @param right The right picture, as high as the left one and of as many bits.
 * @param options `labels` are written into the upper left corner of each half; `white` is their white, and
 * that of the line, as a part of the largest sample.
 * @returns A new picture, wide enough for both; its width is even where the sum of both is.
 * @throws {VideoOptionsError} When the heights differ.
 *
 * @example
 * ```ts
 * import { sideBySide } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const grey = { width: 40, height: 30, data: new Uint8Array(40 * 30 * 3).fill(128) };
 * const both = sideBySide(grey, grey, { labels: ["bicubic", "ours"] });
 * assert.deepEqual([both.width, both.height], [82, 30]);
 * ```
 */
export function sideBySide<S extends Samples>(
  left: RgbFrame<S>,
  right: RgbFrame<S>,
  options: { labels?: [string, string]; white?: number } = {},
): RgbFrame<S> {
  if (left.height !== right.height) {
    throw new VideoOptionsError(
      `Cannot compare pictures: ${left.height} and ${right.height} rows differ.`,
      "Bring both to one height first.",
    );
  }
  const { height } = left;
  const width = left.width + DIVIDER + right.width;
  const white = Math.round((options.white ?? 1) * (2 ** (8 * left.data.BYTES_PER_ELEMENT) - 1));
  const length = width * height * 3;
  const data = left.data instanceof Uint16Array ? new Uint16Array(length) : new Uint8Array(length);
  data.fill(white);
  const start = left.width + DIVIDER;
  for (let row = 0; row < height; row++) {
    data.set(left.data.subarray(row * left.width * 3, (row + 1) * left.width * 3), row * width * 3);
    const pixels = right.data.subarray(row * right.width * 3, (row + 1) * right.width * 3);
    data.set(pixels, (row * width + start) * 3);
  }
  const picture = { width, height, data: data as S };
  const [first, second] = options.labels ?? ["", ""];
  drawLabel(picture, first, { left: 0, room: left.width, white });
  drawLabel(picture, second, { left: start, room: right.width, white });
  return picture;
}

/** White letters on a darkened plate; cut off where the half is too narrow. */
function drawLabel(
  picture: RgbFrame<Samples>,
  label: string,
  { left, room, white }: { left: number; room: number; white: number },
): void {
  const size = Math.max(1, Math.round(picture.height / LETTER_PART / GLYPH_HEIGHT));
  const step = (GLYPH_WIDTH + 1) * size;
  const letters = [...label].slice(0, Math.floor((room - 3 * size) / step));
  if (letters.length === 0) return;
  const plateWidth = letters.length * step + 3 * size;
  const plateHeight = Math.min(picture.height, (GLYPH_HEIGHT + 4) * size);
  for (let y = 0; y < plateHeight; y++) {
    for (let x = 0; x < plateWidth; x++) {
      const column = Math.floor(x / size) - 2;
      const row = Math.floor(y / size) - 2;
      const letter = letters[Math.floor(column / (GLYPH_WIDTH + 1))];
      const inside = column >= 0 && row >= 0 && row < GLYPH_HEIGHT && letter !== undefined;
      const part = column % (GLYPH_WIDTH + 1);
      const ink = inside && part < GLYPH_WIDTH && glyphInk(letter, part, row);
      const at = (y * picture.width + left + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const under = picture.data[at + channel] ?? 0;
        picture.data[at + channel] = ink ? white : under >> 2;
      }
    }
  }
}
