/** `Mlp`: a linear layer, a depthwise convolution, GELU, a linear layer. */
import type { Parameters, WeightStore } from "@vicinity/checkpoint";
import { chooseMlp, concat, linearDepthwise, reshape, slice, type Tensor } from "@vicinity/tensor";
import { DepthwiseConv2d, FusedMlp, Linear } from "@vicinity/vision";

/** Bytes of hidden values that exist at once; a larger map is worked on in bands of rows. */
const HIDDEN_BYTES = 64 << 20;

/** Rows of the result, and the rows that they are made from. */
interface Band {
  /** First row of the result. */
  readonly start: number;
  /** Rows of the result. */
  readonly count: number;
}

/** The MLP of a block, in the form that suits the adapter. */
export class Mlp {
  readonly #form: FusedMlp | MlpLayers;

  /** Declares `fc1`, `dwconv.dwconv` and `fc2`. */
  constructor(parameters: Parameters, store: WeightStore, dim: number, hidden: number) {
    this.#form = chooseMlp(parameters.caps, dim, hidden) === "fused"
      ? new FusedMlp(parameters, store, { dim, hidden, convolution: "dwconv.dwconv" })
      : new MlpLayers(parameters, store, dim, hidden);
  }

  /**
   * Applies the layers.
   *
   * @param x `[batch, rows, cols, dim]`, normed already.
   * @param residual Added to the result, of the same shape.
   * @returns Same shape.
   */
  forward(x: Tensor, residual: Tensor): Tensor {
    return this.#form.forward(x, { residual });
  }
}

/** The MLP layer by layer, with its hidden values in memory. */
export class MlpLayers {
  readonly #fc1: Linear;
  readonly #dwconv: DepthwiseConv2d;
  readonly #fc2: Linear;
  readonly #hidden: number;

  /** Declares `fc1`, `dwconv.dwconv` and `fc2`. */
  constructor(parameters: Parameters, store: WeightStore, dim: number, hidden: number) {
    this.#hidden = hidden;
    this.#fc1 = new Linear(parameters, store.at("fc1"), [dim, hidden]);
    this.#dwconv = new DepthwiseConv2d(parameters, store.at("dwconv.dwconv"), [hidden, 3]);
    this.#fc2 = new Linear(parameters, store.at("fc2"), [hidden, dim]);
  }

  /**
   * Applies the layers.
   *
   * @param x `[batch, rows, cols, dim]`, normed already.
   * @param options The residual, of the same shape, added to the result; bytes of hidden values that
   *   may exist at once.
   * @returns Same shape.
   */
  forward(
    x: Tensor,
    options: { readonly residual: Tensor; readonly hiddenBytes?: number },
  ): Tensor {
    const { residual, hiddenBytes = HIDDEN_BYTES } = options;
    const [batch = 0, rows = 0, cols = 0, dim = 0] = x.shape;
    const rowBytes = 4 * cols * this.#hidden;
    if (batch * rows * rowBytes <= hiddenBytes) return this.#band(x, residual, [1, 1]);
    const lines = (tensor: Tensor) => reshape(tensor, [batch * rows, cols, dim]);
    // Two rows more are needed for the convolution.
    const most = Math.max(1, Math.floor(hiddenBytes / rowBytes) - 2);
    const parts = Array.from({ length: batch }, (_, picture) => picture).flatMap((picture) =>
      bandsOf(rows, most).map(({ start, count }) => {
        const above = start === 0 ? 0 : 1;
        const below = start + count === rows ? 0 : 1;
        const first = picture * rows + start;
        const seen = slice(lines(x), 0, first - above, above + count + below);
        const own = slice(lines(residual), 0, first, count);
        const y = this.#band(one(seen), one(own), [1 - above, 1 - below]);
        return reshape(y, [count, cols, dim]);
      })
    );
    return reshape(concat(parts, 0), x.shape);
  }

  /** Rows with the given numbers of zero rows above and below. */
  #band(x: Tensor, residual: Tensor, [above, below]: readonly [number, number]): Tensor {
    const hidden = linearDepthwise(x, this.#fc1.operands, this.#dwconv.operands, {
      padding: [above, below, 1, 1],
      activation: "gelu",
    });
    return this.#fc2.forward(hidden, { residual });
  }
}

/** Rows as a batch of one map. */
function one(rows: Tensor): Tensor {
  return reshape(rows, [1, ...rows.shape]);
}

function bandsOf(rows: number, most: number): Band[] {
  const count = Math.ceil(rows / most);
  return Array.from({ length: count }, (_, index) => {
    const [start, end] = [index, index + 1].map((at) => Math.floor(at * rows / count));
    return { start: start ?? 0, count: (end ?? 0) - (start ?? 0) };
  });
}
