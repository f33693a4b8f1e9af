/** Products of matrices that are both computed at run time. */
import { ShapeError } from "../errors.ts";
import { panelColumns } from "../kernels/implicit_gemm.ts";
import { PACK_THREADS, packPanels } from "../kernels/pack_panels.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import { checkF32 } from "./dtype.ts";
import { type Epilogue, recordGemm } from "./implicit_gemm.ts";
import { chooseTile, type GemmVariant } from "./packed_weight.ts";

/** Options of {@link matmul}. */
export interface MatmulOptions extends Epilogue {
  /** The second operand is `[..., n, k]`, as keys are for queries. */
  readonly transposed?: boolean;
  /** Kernel to force; the adapter decides when absent. */
  readonly variant?: GemmVariant;
}

/**
 * `a · b` for every pair of matrices of a batch.
 *
 * @param a `[..., m, k]`.
 * @param b `[..., k, n]`, or `[..., n, k]` when transposed, with the same leading axes.
 * @param options Whether b is transposed, and what happens to the sums.
 * @returns `[..., m, n]`.
 * @throws {ShapeError} If the shapes do not fit, or a dtype is not f32.
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposed = false, variant, ...epilogue } = options;
  const gpu = a.gpu;
  const [m = 0, k = 0] = a.shape.slice(-2);
  const [rows = 0, columns = 0] = b.shape.slice(-2);
  const [depth, n] = transposed ? [columns, rows] : [rows, columns];
  const leading = a.shape.slice(0, -2);
  if (a.shape.length < 2 || depth !== k || leading.join() !== b.shape.slice(0, -2).join()) {
    throw new ShapeError(
      `Cannot multiply [${a.shape}] by ${transposed ? "transposed " : ""}[${b.shape}]. ` +
        `Give matrices with one inner extent and equal batches.`,
    );
  }
  checkF32("matmul", { a, b });
  const batch = sizeOf(leading);
  const y = gpu.empty([...leading, m, n]);
  if (sizeOf(y.shape) === 0) return y;
  const tile = chooseTile(gpu.caps, n, variant);
  const width = panelColumns(tile);
  const quads = Math.ceil(k / 4);
  const panels = Math.ceil(n / width);
  const total = batch * panels * quads * width;
  const packed = gpu.empty([total * 4]);
  gpu.dispatch({
    kernel: gpu.kernel(
      "pack_panels",
      { width, columns: tile.variant === "shared" ? 1 : tile.columns, transposed },
      packPanels,
    ),
    tensors: [b, packed],
    params: [total, n, k, quads, panels],
    grid: flatGrid(Math.ceil(total / PACK_THREADS)),
    iterations: 4,
  });
  recordGemm({
    label: "matmul",
    x: a,
    weight: { tensor: packed, taps: [1, 1, 1], channels: k, columns: n, groups: batch, tile },
    y,
    geometry: {
      input: [1, 1, m],
      output: [1, 1, m],
      stride: [1, 1, 1],
      dilation: [1, 1, 1],
      padding: [0, 0, 0],
    },
    epilogue,
    batched: true,
  });
  gpu.free(packed);
  return y;
}
