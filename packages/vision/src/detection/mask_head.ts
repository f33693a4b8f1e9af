/** `FCNMaskHead` of mmdetection: the outline of what a region shows. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { linear, type PackedWeight, reshape, type Tensor } from "@vicinity/tensor";
import { Conv2d } from "../layers.ts";
import type { HeadExtents } from "./box_head.ts";
import type { MaskHeadConfig } from "./config.ts";

/** Pixels of the enlarged map for each place. */
const PIXELS = 4;

/** The head. */
export class MaskHead {
  readonly #convs: readonly Conv2d[];
  readonly #upsample: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;
  readonly #classify: Conv2d;

  /** Declares `convs`, `upsample` and `conv_logits`. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    { channels, classes }: HeadExtents,
    { convs, channels: hidden }: MaskHeadConfig,
  ) {
    this.#convs = Array.from({ length: convs }, (_, index) => {
      const input = index === 0 ? channels : hidden;
      return new Conv2d(parameters, store.at(`convs.${index}.conv`), [hidden, input, 3, 3], {
        padding: 1,
      });
    });
    const input = convs > 0 ? hidden : channels;
    const upsample = store.at("upsample");
    const weight = upsample.get("weight", [input, hidden, 2, 2]);
    this.#upsample = parameters.packedFrom(weight.key, async () => ({
      values: pixelsFirst(await weight.float32(), input),
      shape: [PIXELS * hidden, input],
    }));
    this.#bias = parameters.vector(upsample, "bias", [hidden], (values) => {
      const repeated = new Float32Array(PIXELS * hidden);
      for (let pixel = 0; pixel < PIXELS; pixel++) repeated.set(values, pixel * hidden);
      return repeated;
    });
    this.#classify = new Conv2d(parameters, store.at("conv_logits"), [classes, hidden, 1, 1]);
  }

  /**
   * Logits of every class. The transposed convolution enlarges by two without overlap, so it is a
   * linear layer that gives four pixels a place, and they may stay behind each other.
   *
   * @param pooled `[n, side, side, channels]`.
   * @returns `[n, side, side, 2, 2, classes]`, rows and columns of the four pixels in the middle.
   */
  forward(pooled: Tensor): Tensor {
    const map = this.#convs.reduce((x, conv) => conv.forward(x, { activation: "relu" }), pooled);
    const pixels = linear(map, this.#upsample.value, {
      bias: this.#bias.value,
      activation: "relu",
    });
    const [count = 0, height = 0, width = 0, columns = 0] = pixels.shape;
    const channels = columns / PIXELS;
    const logits = this.#classify.forward(
      reshape(pixels, [count, height, width * PIXELS, channels]),
    );
    return reshape(logits, [count, height, width, 2, 2, logits.shape[3] ?? 0]);
  }
}

/** `[in, out, 2, 2]` to `[2, 2, out, in]`. */
function pixelsFirst(values: Float32Array, input: number): Float32Array {
  const out = values.length / input / PIXELS;
  const moved = new Float32Array(values.length);
  for (let i = 0; i < input; i++) {
    for (let o = 0; o < out; o++) {
      for (let pixel = 0; pixel < PIXELS; pixel++) {
        moved[(pixel * out + o) * input + i] = values[(i * out + o) * PIXELS + pixel] ?? 0;
      }
    }
  }
  return moved;
}
