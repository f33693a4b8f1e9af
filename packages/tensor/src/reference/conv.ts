/** Convolutions and linear layers in float64, written from the definition. */

/** Operands of {@link convReference}, all row-major. */
export interface ConvReferenceInput {
  /** `[frames, height, width, channels]`. */
  readonly x: ArrayLike<number>;
  /** Shape of x. */
  readonly xShape: readonly [number, number, number, number];
  /** `[out, in / groups, kt, kh, kw]`. */
  readonly w: ArrayLike<number>;
  /** Shape of w. */
  readonly wShape: readonly [number, number, number, number, number];
  /** Groups of channels. */
  readonly groups?: number;
  /** Step in time, height and width. */
  readonly stride?: readonly [number, number, number];
  /** Distance between taps. */
  readonly dilation?: readonly [number, number, number];
  /** Zeros before and after each axis: `[[front, back], [top, bottom], [left, right]]`. */
  readonly padding?: readonly (readonly [number, number])[];
}

/**
 * A convolution over frames, height and width.
 *
 * @param input Operands and geometry.
 * @returns `[frames, height, width, out]` with its shape.
 */
export function convReference(
  input: ConvReferenceInput,
): { y: Float64Array; shape: [number, number, number, number] } {
  const { x, xShape, w, wShape } = input;
  const [out, channels, ...taps] = wShape;
  const groups = input.groups ?? 1;
  const stride = input.stride ?? [1, 1, 1];
  const dilation = input.dilation ?? [1, 1, 1];
  const pad = (axis: number) => input.padding?.[axis] ?? [0, 0];
  const extent = (axis: number) => {
    const padded = (xShape[axis] ?? 0) + (pad(axis)[0] ?? 0) + (pad(axis)[1] ?? 0);
    const reach = (dilation[axis] ?? 1) * ((taps[axis] ?? 1) - 1);
    return Math.floor((padded - reach - 1) / (stride[axis] ?? 1)) + 1;
  };
  const shape: [number, number, number, number] = [extent(0), extent(1), extent(2), out];
  const y = new Float64Array(shape.reduce((a, b) => a * b));
  const source = (axis: number, at: number, tap: number) =>
    at * (stride[axis] ?? 1) + tap * (dilation[axis] ?? 1) - (pad(axis)[0] ?? 0);
  for (let index = 0; index < y.length; index++) {
    const o = index % out;
    const ox = Math.floor(index / out) % shape[2];
    const oy = Math.floor(index / out / shape[2]) % shape[1];
    const ot = Math.floor(index / out / shape[2] / shape[1]);
    const first = Math.floor(o / (out / groups)) * channels;
    let sum = 0;
    for (let kt = 0; kt < taps[0]; kt++) {
      for (let ky = 0; ky < taps[1]; ky++) {
        for (let kx = 0; kx < taps[2]; kx++) {
          const t = source(0, ot, kt), yy = source(1, oy, ky), xx = source(2, ox, kx);
          if (t < 0 || yy < 0 || xx < 0) continue;
          if (t >= xShape[0] || yy >= xShape[1] || xx >= xShape[2]) continue;
          for (let c = 0; c < channels; c++) {
            const at = ((t * xShape[1] + yy) * xShape[2] + xx) * xShape[3] + first + c;
            const tap = (((o * channels + c) * taps[0] + kt) * taps[1] + ky) * taps[2] + kx;
            sum += (x[at] ?? 0) * (w[tap] ?? 0);
          }
        }
      }
    }
    y[index] = sum;
  }
  return { y, shape };
}

/** Operands of {@link transposedReference}, all row-major; pairs are for height and width. */
export interface TransposedReferenceInput {
  /** `[batch, height, width, in]`. */
  readonly x: ArrayLike<number>;
  /** Shape of x. */
  readonly xShape: readonly [number, number, number, number];
  /** `[in, out / groups, kernel height, kernel width]`. */
  readonly w: ArrayLike<number>;
  /** Shape of w. */
  readonly wShape: readonly [number, number, number, number];
  /** Groups of channels. */
  readonly groups: number;
  /** Enlargement. */
  readonly stride: readonly [number, number];
  /** Lines and columns fewer at each side. */
  readonly padding: readonly [number, number];
  /** Lines and columns more at the end. */
  readonly outputPadding: readonly [number, number];
  /** Distance between taps. */
  readonly dilation: readonly [number, number];
}

/**
 * A transposed convolution: every input pixel adds its kernel to the output.
 *
 * @param input Operands and geometry.
 * @returns `[batch, height, width, out]` with its shape.
 */
export function transposedReference(
  input: TransposedReferenceInput,
): { y: Float64Array; shape: [number, number, number, number] } {
  const { x, xShape: [batch, height, width, channels], w, wShape: [, columns, ...kernel] } = input;
  const { groups, stride, padding, outputPadding, dilation } = input;
  const extent = (axis: 0 | 1) =>
    ((axis === 0 ? height : width) - 1) * stride[axis] - 2 * padding[axis] +
    dilation[axis] * (kernel[axis] - 1) + outputPadding[axis] + 1;
  const shape: [number, number, number, number] = [batch, extent(0), extent(1), columns * groups];
  const y = new Float64Array(shape.reduce((a, b) => a * b));
  for (let index = 0; index < x.length; index++) {
    const channel = index % channels;
    const ix = Math.floor(index / channels) % width;
    const iy = Math.floor(index / channels / width) % height;
    const picture = Math.floor(index / channels / width / height);
    const group = Math.floor(channel / (channels / groups));
    for (let ky = 0; ky < kernel[0]; ky++) {
      for (let kx = 0; kx < kernel[1]; kx++) {
        const oy = iy * stride[0] - padding[0] + ky * dilation[0];
        const ox = ix * stride[1] - padding[1] + kx * dilation[1];
        if (oy < 0 || ox < 0 || oy >= shape[1] || ox >= shape[2]) continue;
        for (let column = 0; column < columns; column++) {
          const at = ((picture * shape[1] + oy) * shape[2] + ox) * shape[3] + group * columns +
            column;
          const tap = ((channel * columns + column) * kernel[0] + ky) * kernel[1] + kx;
          y[at] = (y[at] ?? 0) + (x[index] ?? 0) * (w[tap] ?? 0);
        }
      }
    }
  }
  return { y, shape };
}
