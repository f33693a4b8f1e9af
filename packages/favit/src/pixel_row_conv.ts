/** The convolution that reads pictures. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { conv2d, type PackedWeight, pad, reshape, type Tensor } from "@vicinity/tensor";

/**
 * A convolution of few channels with a stride, over blocks of pixels: those of a line that lie between one
 * result and the next are the channels of one, so that fours of values can be read. Three channels, 7 × 7
 * taps and stride 4 become 12 channels and 7 × 2 taps, of which one column is zero; with 32 results of
 * 56 × 56 that took half of the time on llvmpipe.
 */
export class PixelRowConv2d {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;
  readonly #taps: number;
  readonly #stride: number;

  /**
   * Declares `weight` and `bias`.
   *
   * @param parameters Collects them.
   * @param store Module that owns them.
   * @param shape Channels of the result and of the picture, taps along each axis, an odd number.
   * @param stride Step in height and width. Zeros are added on all sides, half of the taps.
   */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    [output, input, taps]: readonly [number, number, number],
    stride: number,
  ) {
    const weight = store.get("weight", [output, input, taps, taps]);
    this.#taps = taps;
    this.#stride = stride;
    this.#bias = parameters.vector(store, "bias", [output]);
    this.#weight = parameters.packedFrom(weight.key, async () => ({
      values: blockWeight(await weight.float32(), [output, input, taps], stride),
      shape: [output, stride * input, taps, blocksBefore(taps, stride) + blocksFrom(taps, stride)],
      dtype: weight.dtype,
    }));
  }

  /** `[batch, height, width, channels]`; a result for every `stride` rows and columns begun. */
  forward(x: Tensor): Tensor {
    const [batch = 0, height = 0, width = 0, channels = 0] = x.shape;
    const [taps, stride] = [this.#taps, this.#stride];
    const blocks = Math.ceil(width / stride);
    const right = blocks * stride - width;
    const whole = right > 0 ? pad(x, { right }, "zero") : x;
    const around = (taps - 1) / 2;
    return conv2d(
      reshape(whole, [batch, height, blocks, stride * channels]),
      this.#weight.value,
      {
        bias: this.#bias.value,
        stride: [stride, 1],
        padding: [around, around, blocksBefore(taps, stride), blocksFrom(taps, stride) - 1],
      },
    );
  }
}

/** Blocks that a result reads before the one that it begins in. */
function blocksBefore(taps: number, stride: number): number {
  return Math.ceil((taps - 1) / 2 / stride);
}

/** Blocks that it reads from there on. */
function blocksFrom(taps: number, stride: number): number {
  return Math.ceil((taps + 1) / 2 / stride);
}

/** `[output, input, taps, taps]` as `[output, stride · input, taps, blocks]`. */
function blockWeight(
  official: Float32Array,
  [output, input, taps]: readonly [number, number, number],
  stride: number,
): Float32Array<ArrayBuffer> {
  const before = blocksBefore(taps, stride);
  const blocks = before + blocksFrom(taps, stride);
  const values = new Float32Array(output * stride * input * taps * blocks);
  for (let out = 0; out < output; out++) {
    for (let channel = 0; channel < input; channel++) {
      for (let row = 0; row < taps; row++) {
        const line = ((out * input + channel) * taps + row) * taps;
        for (let tap = 0; tap < taps; tap++) {
          const pixel = tap + before * stride - (taps - 1) / 2;
          const place = pixel % stride * input + channel;
          const block = Math.floor(pixel / stride);
          values[((out * stride * input + place) * taps + row) * blocks + block] =
            official[line + tap] ?? 0;
        }
      }
    }
  }
  return values;
}
