/** Frames as bytes and as numbers. */
import { ShapeError } from "@vicinity/tensor";
import type { Size } from "./geometry.ts";

/** An RGB frame of 8 bits a channel. */
export interface RgbFrame {
  /** Columns. */
  readonly width: number;
  /** Rows. */
  readonly height: number;
  /** Row-major `[height, width, 3]`. */
  readonly data: Uint8Array;
}

/**
 * Bytes to numbers in [−1, 1], extended to the right and below by repeating the border.
 *
 * @param frame The frame.
 * @param padded Size wanted, at least the frame's.
 * @returns Row-major `[padded.height, padded.width, 3]`.
 * @throws {ShapeError} If the frame's data have another length than its size says.
 */
export function toSignal(frame: RgbFrame, padded: Size): Float32Array {
  const { width, height, data } = frame;
  if (data.length !== width * height * 3) {
    throw new ShapeError(
      `Cannot use a frame of ${width} × ${height} with ${data.length} bytes: ` +
        `${width * height * 3} expected, three a pixel.`,
    );
  }
  const signal = new Float32Array(padded.width * padded.height * 3);
  for (let row = 0; row < padded.height; row++) {
    const from = Math.min(row, height - 1) * width * 3;
    const to = row * padded.width * 3;
    for (let i = 0; i < padded.width * 3; i++) {
      const source = i < width * 3 ? i : (width - 1) * 3 + i % 3;
      signal[to + i] = (data[from + source] ?? 0) / 127.5 - 1;
    }
  }
  return signal;
}

/**
 * Numbers in [−1, 1] to bytes, cut to a size; halves round to even.
 *
 * @param signal Row-major `[rows, width, 3]`.
 * @param width Columns of the signal.
 * @param target Size wanted, at most the signal's.
 * @returns The frame.
 */
export function toFrame(signal: ArrayLike<number>, width: number, target: Size): RgbFrame {
  const data = new Uint8Array(target.width * target.height * 3);
  for (let row = 0; row < target.height; row++) {
    const from = row * width * 3;
    const to = row * target.width * 3;
    for (let i = 0; i < target.width * 3; i++) {
      data[to + i] = roundHalfToEven(((signal[from + i] ?? 0) + 1) * 127.5);
    }
  }
  return { ...target, data };
}

function roundHalfToEven(value: number): number {
  const clamped = Math.min(255, Math.max(0, value));
  const rounded = Math.round(clamped);
  return rounded - clamped === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
