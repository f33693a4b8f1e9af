/** Linear layers. */
import { ShapeError } from "../errors.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import type { GemmForm } from "./gemm_form.ts";
import { type Epilogue, recordGemm } from "./implicit_gemm.ts";
import type { PackedWeight } from "./packed_weight.ts";

/** Options of {@link linear}. */
export interface LinearOptions extends Epilogue {
  /**
   * Split the output channels into (parts, heads, width) and store `[parts, batch, heads, tokens,
   * width]`, as attention wants q, k and v. The input must be `[batch, tokens, channels]`.
   */
  readonly heads?: { readonly parts: number; readonly heads: number };
  /** Kernel form to force; the adapter and the extents decide when absent. */
  readonly form?: GemmForm;
}

/**
 * `y = epilogue(x · Wᵀ)` over the last axis.
 *
 * @param x `[..., in]`.
 * @param weight Packed from `[out, in]`.
 * @param options Bias, activation, scale, residual, and a split into heads.
 * @returns `[..., out]`, or the split layout.
 * @throws {ShapeError} If the shapes do not fit, x is neither f32 nor f16, another dtype differs, or the
 *   form cannot run.
 */
export function linear(x: Tensor, weight: PackedWeight, options: LinearOptions = {}): Tensor {
  const { heads: split, form, ...epilogue } = options;
  const channels = x.shape.at(-1) ?? 1;
  if (channels !== weight.channels || weight.groups !== 1 || sizeOf(weight.taps) !== 1) {
    throw new ShapeError(
      `Cannot apply a linear layer to [${x.shape}]: the weight takes ${weight.channels} channels. ` +
        `Give [..., ${weight.channels}].`,
    );
  }
  const rows = sizeOf(x.shape) / Math.max(1, channels);
  const store = split && headStore(x, weight, split);
  const y = x.gpu.empty(
    store ? store.shape : [...x.shape.slice(0, -1), weight.columns],
    x.dtype,
  );
  recordGemm({
    label: "linear",
    x,
    weight,
    y,
    geometry: {
      input: [1, 1, rows],
      output: [1, 1, rows],
      stride: [1, 1, 1],
      dilation: [1, 1, 1],
      padding: [0, 0, 0],
    },
    epilogue,
    form,
    ...(store ? { store: { order: "heads" as const, values: store.values } } : {}),
  });
  return y;
}

function headStore(
  x: Tensor,
  weight: PackedWeight,
  { parts, heads }: { readonly parts: number; readonly heads: number },
): { shape: number[]; values: number[] } {
  const [batch = 0, tokens = 0] = x.shape;
  const width = weight.columns / (parts * heads);
  if (x.shape.length !== 3 || !Number.isInteger(width)) {
    throw new ShapeError(
      `Cannot split ${weight.columns} channels of [${x.shape}] into ${parts} parts of ${heads} ` +
        `heads. Give [batch, tokens, channels] and divisors of the output channels.`,
    );
  }
  return {
    shape: [parts, batch, heads, tokens, width],
    values: [tokens, heads, width, batch],
  };
}
