/** Run-length codes of masks as COCO has them. */

/** A mask in COCO's compressed form. */
export interface Rle {
  /** Height and width. */
  readonly size: readonly [height: number, width: number];
  /** Lengths of runs, column by column, zeros first, as text. */
  readonly counts: string;
}

/**
 * Codes a mask.
 *
 * @param mask `[height, width]`; everything but 0 is inside.
 * @param height Rows.
 * @param width Columns.
 * @returns The code.
 *
 * @example
 * ```ts
 * import { encodeRle } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * const mask = [0, 0, 1, 1, 0, 1, 1, 0, 0, 1, 1, 1];
 * assert.equal(encodeRle(mask, 3, 4).counts, "461K");
 * ```
 */
export function encodeRle(mask: ArrayLike<number>, height: number, width: number): Rle {
  const runs: number[] = [];
  let [inside, length] = [false, 0];
  for (let column = 0; column < width; column++) {
    for (let row = 0; row < height; row++) {
      if ((mask[row * width + column] !== 0) === inside) length++;
      else {
        runs.push(length);
        [inside, length] = [!inside, 1];
      }
    }
  }
  runs.push(length);
  return { size: [height, width], counts: textOf(runs) };
}

/** Each run as its difference to the one before the last, in groups of five bits, lowest first. */
function textOf(runs: readonly number[]): string {
  let text = "";
  for (const [index, run] of runs.entries()) {
    let rest = index > 2 ? run - (runs[index - 2] ?? 0) : run;
    let more = true;
    while (more) {
      const group = rest & 31;
      rest >>= 5;
      more = (group & 16) === 0 ? rest !== 0 : rest !== -1;
      text += String.fromCharCode(48 + (more ? group | 32 : group));
    }
  }
  return text;
}

/**
 * Decodes a mask.
 *
 * @param rle The code.
 * @returns `[height, width]`, 1 inside.
 * @throws {RangeError} If the runs do not add up to the size.
 */
export function decodeRle({ size: [height, width], counts }: Rle): Uint8Array<ArrayBuffer> {
  const mask = new Uint8Array(height * width);
  let at = 0;
  for (const [index, run] of runsOf(counts).entries()) {
    if (run < 0 || at + run > mask.length) break;
    for (const end = at + run; at < end; at++) {
      if (index % 2 === 1) mask[(at % height) * width + Math.floor(at / height)] = 1;
    }
  }
  if (at === mask.length) return mask;
  throw new RangeError(
    `Cannot decode a mask of ${width} x ${height}: its runs do not add up. Code it again.`,
  );
}

function runsOf(counts: string): number[] {
  const runs: number[] = [];
  let [value, shift] = [0, 0];
  for (const letter of counts) {
    const group = letter.charCodeAt(0) - 48;
    value |= (group & 31) << shift;
    shift += 5;
    if ((group & 32) !== 0) continue;
    if ((group & 16) !== 0 && shift < 32) value |= -1 << shift;
    runs.push(runs.length > 2 ? value + (runs.at(-2) ?? 0) : value);
    [value, shift] = [0, 0];
  }
  return runs;
}
