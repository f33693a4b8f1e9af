import { crc32, deflateSync } from "node:zlib";
import type { Color } from "./draw.ts";
import { ImageEncodeError } from "./errors.ts";

/** A map of numbers, one for each pixel. */
export interface LabelMap {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Numbers from 0 to 65535, `[height, width]`. */
  readonly labels: ArrayLike<number>;
}

/** The number that pixels of no class have in maps of up to 255 classes. */
export const VOID_LABEL = 255;

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
const [GREY, INDEXED] = [0, 3];
/** Each row as its difference to the one above, which in maps is mostly zero. */
const FILTER_UP = 2;

/**
 * Encodes a label map as PNG: with a palette of its own and 255 for pixels of no class where numbers
 * up to 255 do, else in 16 bits of grey. The picture library would choose colours of its own.
 *
 * @param map The numbers.
 * @param colors A colour for each of them.
 * @returns The whole file.
 * @throws {ImageEncodeError} If the map does not fit its size or has numbers over 65535.
 *
 * @example
 * ```ts
 * import { encodeLabelPng, sniff } from "@vicinity/media";
 * import assert from "node:assert/strict";
 *
 * const map = { width: 2, height: 1, labels: [0, 1] };
 * const file = encodeLabelPng(map, [[0, 0, 0], [255, 0, 0]]);
 * assert.equal(sniff(file).format, "png");
 * ```
 */
export function encodeLabelPng(
  map: LabelMap,
  colors: readonly Color[],
): Uint8Array<ArrayBuffer> {
  const { width, height, labels } = map;
  if (labels.length !== width * height || labels.length === 0) {
    throw new ImageEncodeError(
      `Cannot encode the label map: ${labels.length} numbers for ${width} x ${height}.`,
      "Give one number for each pixel.",
    );
  }
  const largest = Array.prototype.reduce.call(
    labels,
    (most: unknown, label: number) => Math.max(Number(most), label),
    0,
  ) as number;
  if (largest > 0xffff) {
    throw new ImageEncodeError(
      `Cannot encode the label map: ${largest} does not fit into 16 bits.`,
      "Use fewer classes.",
    );
  }
  const bytes = largest > VOID_LABEL ? 2 : 1;
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8 * bytes, bytes === 2 ? GREY : INDEXED], 8);
  return join([
    SIGNATURE,
    chunk("IHDR", header),
    ...(bytes === 2 ? [] : paletteChunks(colors)),
    chunk("IDAT", deflateSync(filteredRows(map, bytes))),
    chunk("IEND", new Uint8Array()),
  ]);
}

/** The colours, black and transparent behind them. */
function paletteChunks(colors: readonly Color[]): Uint8Array[] {
  const palette = new Uint8Array(3 * (VOID_LABEL + 1));
  for (const [label, color] of colors.slice(0, VOID_LABEL).entries()) palette.set(color, 3 * label);
  const alpha = new Uint8Array(VOID_LABEL + 1).fill(255);
  alpha[VOID_LABEL] = 0;
  return [chunk("PLTE", palette), chunk("tRNS", alpha)];
}

function filteredRows({ width, height, labels }: LabelMap, bytes: number): Uint8Array {
  const stride = width * bytes;
  const rows = new Uint8Array(height * (stride + 1));
  let above = new Uint8Array(stride);
  for (let row = 0; row < height; row++) {
    const line = new Uint8Array(stride);
    for (let column = 0; column < width; column++) {
      const label = labels[row * width + column] ?? 0;
      if (bytes === 2) line[2 * column] = label >> 8;
      line[bytes * column + bytes - 1] = label;
    }
    const start = row * (stride + 1);
    rows[start] = FILTER_UP;
    for (let at = 0; at < stride; at++) rows[start + 1 + at] = (line[at] ?? 0) - (above[at] ?? 0);
    above = line;
  }
  return rows;
}

function chunk(type: string, payload: Uint8Array): Uint8Array {
  const whole = new Uint8Array(payload.length + 12);
  const view = new DataView(whole.buffer);
  view.setUint32(0, payload.length);
  whole.set(new TextEncoder().encode(type), 4);
  whole.set(payload, 8);
  view.setUint32(payload.length + 8, crc32(whole.subarray(4, payload.length + 8)));
  return whole;
}

function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
