/** From pixels to tokens, and from one resolution to the next. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { pad, permute, reshape, type Tensor } from "@vicinity/tensor";
import { Conv2d, LayerNorm, Linear } from "@vicinity/vision";

/** `ConvTokenizer` of NAT and DiNAT: two convolutions of stride 2, then a norm. */
export class ConvTokenizer {
  readonly #first: Conv2d;
  readonly #second: Conv2d;
  readonly #norm: LayerNorm;

  /** Declares `proj.0`, `proj.1` and `norm`. */
  constructor(parameters: Parameters, store: WeightStore, dim: number) {
    const half = Math.floor(dim / 2);
    const options = { stride: 2, padding: 1 };
    this.#first = new Conv2d(parameters, store.at("proj.0"), [half, 3, 3, 3], options);
    this.#second = new Conv2d(parameters, store.at("proj.1"), [dim, half, 3, 3], options);
    this.#norm = new LayerNorm(parameters, store.at("norm"), dim);
  }

  /** `[batch, height, width, 3]` to `[batch, ⌈⌈height/2⌉/2⌉, …, dim]`. */
  forward(x: Tensor): Tensor {
    return this.#norm.forward(this.#second.forward(this.#first.forward(x)));
  }
}

/** `PatchEmbed` of DiNAT_s and the isotropic models: one convolution over patches, then a norm. */
export class PatchEmbed {
  readonly #patch: number;
  readonly #proj: Conv2d;
  readonly #norm: LayerNorm;

  /** Declares `proj` and `norm`. */
  constructor(parameters: Parameters, store: WeightStore, dim: number, patch: number) {
    this.#patch = patch;
    this.#proj = new Conv2d(parameters, store.at("proj"), [dim, 3, patch, patch], {
      stride: patch,
    });
    this.#norm = new LayerNorm(parameters, store.at("norm"), dim);
  }

  /** `[batch, height, width, 3]`, zeros behind the last whole patch, to `[batch, …, dim]`. */
  forward(x: Tensor): Tensor {
    return this.#norm.forward(this.#proj.forward(padTo(x, this.#patch)));
  }
}

/** `ConvDownsampler`: halves the map, doubles the channels. */
export class ConvDownsampler {
  readonly #reduction: Conv2d;
  readonly #norm: LayerNorm;

  /** Declares `reduction` and `norm`. */
  constructor(parameters: Parameters, store: WeightStore, dim: number) {
    this.#reduction = new Conv2d(parameters, store.at("reduction"), [2 * dim, dim, 3, 3], {
      stride: 2,
      padding: 1,
      biased: false,
    });
    this.#norm = new LayerNorm(parameters, store.at("norm"), 2 * dim);
  }

  /** `[batch, height, width, dim]` to `[batch, ⌈height/2⌉, ⌈width/2⌉, 2·dim]`. */
  forward(x: Tensor): Tensor {
    return this.#norm.forward(this.#reduction.forward(x));
  }
}

/** `PatchMerging` of DiNAT_s: squares of four tokens become one. */
export class PatchMerging {
  readonly #norm: LayerNorm;
  readonly #reduction: Linear;

  /** Declares `norm` and `reduction`. */
  constructor(parameters: Parameters, store: WeightStore, dim: number) {
    this.#norm = new LayerNorm(parameters, store.at("norm"), 4 * dim);
    this.#reduction = new Linear(parameters, store.at("reduction"), [4 * dim, 2 * dim], {
      bias: false,
    });
  }

  /** `[batch, height, width, dim]` to `[batch, ⌈height/2⌉, ⌈width/2⌉, 2·dim]`. */
  forward(x: Tensor): Tensor {
    const even = padTo(x, 2);
    const [batch = 0, height = 0, width = 0, dim = 0] = even.shape;
    const [rows, cols] = [height / 2, width / 2];
    // The official order of the four is column parity first, row parity inside it.
    const squares = permute(reshape(even, [batch * rows, 2, cols, 2, dim]), [0, 2, 3, 1, 4]);
    const merged = reshape(squares, [batch, rows, cols, 4 * dim]);
    return this.#reduction.forward(this.#norm.forward(merged));
  }
}

/** Zeros at the bottom and at the right up to a multiple of `step`. */
function padTo(x: Tensor, step: number): Tensor {
  const [, height = 0, width = 0] = x.shape;
  const [below, right] = [(step - height % step) % step, (step - width % step) % step];
  return below === 0 && right === 0 ? x : pad(x, { bottom: below, right }, "zero");
}
