/**
 * Building blocks of Wan2.1's causal video autoencoder. Videos are `[frames, height, width,
 * channels]`; module names follow the published checkpoint keys.
 */
import { attention, dense } from "@vicinity/attention";
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import {
  cast,
  channelNorm,
  conv2d,
  conv3d,
  type Epilogue,
  joinFrames,
  linear,
  type PackedWeight,
  permute,
  reshape,
  slice,
  type Tensor,
} from "@vicinity/tensor";
import type { FrameStream } from "./frame_stream.ts";

/** A stream to remember frames in, or undefined when the whole clip is given at once. */
export type Memory = FrameStream | undefined;

/** Kernel extents in time, height and width. */
export type Kernel3 = readonly [number, number, number];

/** A convolution that sees the present and past frames only, zero-padded around each frame. */
export class CausalConv3d {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;
  readonly #kernel: Kernel3;

  /** Declares `weight` and `bias` of the module. */
  constructor(
    parameters: Parameters,
    store: WeightStore,
    channels: readonly [number, number],
    kernel: Kernel3,
  ) {
    this.#weight = parameters.packed(store, [channels[1], channels[0], ...kernel]);
    this.#bias = parameters.vector(store, "bias", [channels[1]]);
    this.#kernel = kernel;
  }

  /** `[frames, height, width, in]` to `[frames, height, width, out]`. */
  forward(x: Tensor, memory?: Memory, epilogue: Epilogue = {}): Tensor {
    const [frames, height, width] = this.#kernel;
    const [rows, cols] = [height >> 1, width >> 1];
    const remembered = memory && frames > 1;
    return conv3d(remembered ? memory.join(this, x, frames - 1) : x, this.#weight.value, {
      ...epilogue,
      bias: this.#bias.value,
      padding: [rows, rows, cols, cols],
      timePadding: remembered ? 0 : frames - 1,
    });
  }
}

/** `shortcut(x) + conv(SiLU(norm(conv(SiLU(norm(x))))))`. */
export class ResidualBlock {
  readonly #norm1: Parameter<Tensor>;
  readonly #conv1: CausalConv3d;
  readonly #norm2: Parameter<Tensor>;
  readonly #conv2: CausalConv3d;
  readonly #shortcut: CausalConv3d | undefined;

  /** Declares the layers; index 5 of the published list is an inactive dropout. */
  constructor(parameters: Parameters, store: WeightStore, input: number, output: number) {
    const residual = store.at("residual");
    this.#norm1 = parameters.vector(residual.at(0), "gamma", [input, 1, 1, 1]);
    this.#conv1 = new CausalConv3d(parameters, residual.at(2), [input, output], [3, 3, 3]);
    this.#norm2 = parameters.vector(residual.at(3), "gamma", [output, 1, 1, 1]);
    this.#conv2 = new CausalConv3d(parameters, residual.at(6), [output, output], [3, 3, 3]);
    this.#shortcut = input === output
      ? undefined
      : new CausalConv3d(parameters, store.at("shortcut"), [input, output], [1, 1, 1]);
  }

  /** `[frames, height, width, in]` to `[frames, height, width, out]`. */
  forward(x: Tensor, memory?: Memory): Tensor {
    const residual = this.#shortcut?.forward(x) ?? x;
    const inner = channelNorm(x, this.#norm1.value, { activation: "silu" });
    const outer = channelNorm(this.#conv1.forward(inner, memory), this.#norm2.value, {
      activation: "silu",
    });
    return this.#conv2.forward(outer, memory, { residual });
  }
}

/** Single-head attention over the positions of each frame. */
export class AttentionBlock {
  readonly #norm: Parameter<Tensor>;
  readonly #toQkv: Parameter<PackedWeight>;
  readonly #toQkvBias: Parameter<Tensor>;
  readonly #proj: Parameter<PackedWeight>;
  readonly #projBias: Parameter<Tensor>;

  /** Declares norm, joint projection and output projection, 1×1 convolutions in the checkpoint. */
  constructor(parameters: Parameters, store: WeightStore, channels: number) {
    this.#norm = parameters.vector(store.at("norm"), "gamma", [channels, 1, 1]);
    this.#toQkv = parameters.packed(store.at("to_qkv"), [3 * channels, channels, 1, 1]);
    this.#toQkvBias = parameters.vector(store.at("to_qkv"), "bias", [3 * channels]);
    this.#proj = parameters.packed(store.at("proj"), [channels, channels, 1, 1]);
    this.#projBias = parameters.vector(store.at("proj"), "bias", [channels]);
  }

  /** `[frames, height, width, channels]`, same shape. */
  forward(x: Tensor): Tensor {
    const [frames = 0, height = 0, width = 0, channels = 0] = x.shape;
    const tokens = reshape(channelNorm(x, this.#norm.value), [frames, height * width, channels]);
    // Attention takes 32-bit floats only.
    const qkv = cast(
      linear(tokens, this.#toQkv.value, {
        bias: this.#toQkvBias.value,
        heads: { parts: 3, heads: 1 },
      }),
      "f32",
    );
    const [q, k, v] = [0, 1, 2].map((part) =>
      reshape(slice(qkv, 0, part, 1), [frames, 1, height * width, channels])
    ) as [Tensor, Tensor, Tensor];
    const mixed = cast(reshape(attention(q, k, v, dense()), x.shape), x.dtype);
    return linear(mixed, this.#proj.value, { bias: this.#projBias.value, residual: x });
  }
}

/** Doubles the frame rate: T to 2T − 1. The first frame of a clip passes through unchanged. */
export class TimeExpand {
  readonly #conv: CausalConv3d;

  /** Declares the (3, 1, 1) convolution that makes two frames of each. */
  constructor(parameters: Parameters, store: WeightStore, channels: number) {
    this.#conv = new CausalConv3d(parameters, store, [channels, 2 * channels], [3, 1, 1]);
  }

  /** `[frames, ...]` to `[2·frames − 1, ...]`, or `2·frames` after the first chunk of a stream. */
  forward(x: Tensor, memory?: Memory): Tensor {
    const startsClip = memory?.first ?? true;
    if (!startsClip) return this.#double(x, memory);
    const frames = x.shape[0] ?? 0;
    if (frames === 1) return x;
    return joinFrames(slice(x, 0, 0, 1), this.#double(slice(x, 0, 1, frames - 1), memory));
  }

  #double(x: Tensor, memory: Memory): Tensor {
    const [frames = 0, height = 0, width = 0, channels = 0] = x.shape;
    const pairs = this.#conv.forward(x, memory);
    // [t, h, w, 2, c] -> [t, 2, h, w, c]
    const split = reshape(pairs, [frames, height * width, 2, channels]);
    return reshape(permute(split, [0, 2, 1, 3]), [2 * frames, height, width, channels]);
  }
}

/** Halves the frame rate: 2T − 1 to T. The first frame of a clip passes through unchanged. */
export class TimeReduce {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;

  /** Declares the (3, 1, 1) convolution with stride 2. */
  constructor(parameters: Parameters, store: WeightStore, channels: number) {
    this.#weight = parameters.packed(store, [channels, channels, 3, 1, 1]);
    this.#bias = parameters.vector(store, "bias", [channels]);
  }

  /** `[2·frames − 1, ...]` to `[frames, ...]`, or half the frames after a stream's first chunk. */
  forward(x: Tensor, memory?: Memory): Tensor {
    const options = { bias: this.#bias.value, timeStride: 2, timePadding: 0 };
    if (memory && !memory.first) {
      return conv3d(memory.join(this, x, 1), this.#weight.value, options);
    }
    memory?.remember(this, x, 1);
    const first = slice(x, 0, 0, 1);
    if (x.shape[0] === 1) return first;
    return joinFrames(first, conv3d(x, this.#weight.value, options));
  }
}

/** Halves height and width, and the frame rate where asked. */
export class Downsample {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;
  readonly #time: TimeReduce | undefined;

  /** Declares `resample.1` and, for time, `time_conv`. */
  constructor(parameters: Parameters, store: WeightStore, channels: number, temporal: boolean) {
    const conv = store.at("resample.1");
    this.#weight = parameters.packed(conv, [channels, channels, 3, 3]);
    this.#bias = parameters.vector(conv, "bias", [channels]);
    this.#time = temporal ? new TimeReduce(parameters, store.at("time_conv"), channels) : undefined;
  }

  /** `[frames, height, width, channels]` to half the height and width. */
  forward(x: Tensor, memory?: Memory): Tensor {
    // The published code pads one row and one column of zeros at the bottom and right only.
    const small = conv2d(x, this.#weight.value, {
      bias: this.#bias.value,
      stride: 2,
      padding: [0, 1, 0, 1],
    });
    return this.#time?.forward(small, memory) ?? small;
  }
}

/** Doubles height and width, halves the channels, and doubles the frame rate where asked. */
export class Upsample {
  readonly #weight: Parameter<PackedWeight>;
  readonly #bias: Parameter<Tensor>;
  readonly #time: TimeExpand | undefined;

  /** Declares `resample.1` and, for time, `time_conv`. */
  constructor(parameters: Parameters, store: WeightStore, channels: number, temporal: boolean) {
    const conv = store.at("resample.1");
    this.#weight = parameters.packed(conv, [channels / 2, channels, 3, 3]);
    this.#bias = parameters.vector(conv, "bias", [channels / 2]);
    this.#time = temporal ? new TimeExpand(parameters, store.at("time_conv"), channels) : undefined;
  }

  /** `[frames, height, width, channels]` to twice the height and width, half the channels. */
  forward(x: Tensor, memory?: Memory): Tensor {
    return conv2d(this.#time?.forward(x, memory) ?? x, this.#weight.value, {
      bias: this.#bias.value,
      upsample: true,
      padding: 1,
    });
  }
}
