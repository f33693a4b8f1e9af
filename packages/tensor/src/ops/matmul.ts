/** Products of matrices that are both computed at run time. */
import { ShapeError } from "../errors.ts";
import { MOST_BATCH_AXES } from "../kernels/gemm_operands.ts";
import { panelColumns } from "../kernels/implicit_gemm.ts";
import { PACK_THREADS, packPanels } from "../kernels/pack_panels.ts";
import { sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";
import { checkF32 } from "./dtype.ts";
import { chooseForm, type GemmForm } from "./gemm_form.ts";
import { type BatchAxis, type Epilogue, type GemmCall, recordGemm } from "./implicit_gemm.ts";
import { chooseTile, type GemmVariant, type WeightTile } from "./packed_weight.ts";

/** Options of {@link matmul}. */
export interface MatmulOptions extends Epilogue {
  /** The second operand is `[..., n, k]`, as keys are for queries. */
  readonly transposed?: boolean;
  /** Kernel to force; the adapter decides when absent. */
  readonly variant?: GemmVariant;
  /** Form of it to force; the adapter and the extents decide when absent. */
  readonly form?: GemmForm;
}

/**
 * `a · b` for every pair of matrices of a batch. Leading axes are broadcast as `torch.matmul` does:
 * one that is 1 or absent serves all matrices of the other operand, without a copy.
 *
 * @param a `[..., m, k]`.
 * @param b `[..., k, n]`, or `[..., n, k]` when transposed.
 * @param options Whether b is transposed, and what happens to the sums.
 * @returns `[..., m, n]`.
 * @throws {ShapeError} If the shapes do not fit, a dtype is not f32, or the form cannot run.
 *
 * @example
 * ```ts
 * import { matmul, open } from "@vicinity/tensor";
 *
 * using gpu = await open();
 * const a = gpu.tensor([2, 1, 2], Float32Array.of(1, 2, 3, 4));
 * const b = gpu.tensor([2, 1], Float32Array.of(1, 10));
 * const [values] = await gpu.read([matmul(a, b)]);
 * console.assert(values?.[1] === 43);
 * ```
 */
export function matmul(a: Tensor, b: Tensor, options: MatmulOptions = {}): Tensor {
  const { transposed = false, variant, form: forced, ...epilogue } = options;
  const gpu = a.gpu;
  const [rows = 0, k = 0] = a.shape.slice(-2);
  const [depth, n] = transposed ? [b.shape.at(-1), b.shape.at(-2)] : b.shape.slice(-2);
  const leading = broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (a.shape.length < 2 || b.shape.length < 2 || depth !== k || n === undefined || !leading) {
    throw new ShapeError(
      `Cannot multiply [${a.shape}] by ${transposed ? "transposed " : ""}[${b.shape}]. ` +
        `Give matrices with one inner extent, and batches that are equal or 1.`,
    );
  }
  checkF32("matmul", { a, b });
  const y = gpu.empty([...leading.map(({ extent }) => extent), rows, n]);
  if (sizeOf(y.shape) === 0) return y;
  const { batch, m } = foldRows(leading, rows);
  const tile = chooseTile(gpu.caps, n, k, variant);
  const parts = sizeOf(batch.map(({ extent }) => extent));
  const extents = { m, n, quads: Math.ceil(k / 4), taps: 1, parts, direct: true, plain: true };
  const form = chooseForm(gpu.caps, tile, extents, forced, "matmul");
  const call = { label: "matmul", x: a, y, geometry: rowGeometry(m), epilogue, batch, form };
  const weight = { taps: [1, 1, 1], channels: k, columns: n, groups: 1, tile } as const;
  if (form === "gemv") {
    // Packing would take as long as the whole product.
    recordGemm({
      ...call,
      weight: { ...weight, tensor: b },
      matrix: { kind: "matrix", transposed },
    });
    return y;
  }
  const packed = pack(b, { n, k, transposed, tile });
  recordGemm({ ...call, weight: { ...weight, tensor: packed } });
  gpu.free(packed);
  return y;
}

/** A leading axis of the result, with the steps of both operands in matrices. */
function broadcast(a: readonly number[], b: readonly number[]): BatchAxis[] | undefined {
  const axes: BatchAxis[] = [];
  let [x, w] = [1, 1];
  for (let axis = 1; axis <= Math.max(a.length, b.length); axis++) {
    const [ofA, ofB] = [a.at(-axis) ?? 1, b.at(-axis) ?? 1];
    if (ofA !== ofB && ofA !== 1 && ofB !== 1) return undefined;
    axes.unshift({ extent: ofA === 1 ? ofB : ofA, x: ofA === 1 ? 0 : x, w: ofB === 1 ? 0 : w });
    x *= ofA;
    w *= ofB;
  }
  return axes;
}

/**
 * As few axes as say the same. Matrices of a that share one of b are one higher matrix, where they lie
 * one after the other.
 */
function foldRows(
  leading: readonly BatchAxis[],
  rows: number,
): { readonly batch: readonly BatchAxis[]; readonly m: number } {
  const axes: BatchAxis[] = [];
  for (const axis of leading.filter(({ extent }) => extent > 1)) {
    const outer = axes.at(-1);
    const joined = outer && outer.x === axis.x * axis.extent && outer.w === axis.w * axis.extent;
    if (joined) axes.pop();
    axes.push(joined ? { ...axis, extent: axis.extent * outer.extent } : axis);
  }
  const inner = axes.at(-1);
  const folded = inner?.w === 0 && inner.x === 1 ? inner.extent : 1;
  if (folded > 1) axes.pop();
  if (axes.length > MOST_BATCH_AXES) {
    throw new ShapeError(
      `Cannot multiply matrices whose batches are broadcast in ${axes.length} different ways. ` +
        `Copy one operand to the other's batch.`,
    );
  }
  const batch = axes.map((axis) => ({ ...axis, x: axis.x / folded }));
  return { batch: batch.length > 0 ? batch : [{ extent: 1, x: 0, w: 0 }], m: rows * folded };
}

/** Rows that look at themselves. */
function rowGeometry(m: number): GemmCall["geometry"] {
  return {
    input: [1, 1, m],
    output: [1, 1, m],
    stride: [1, 1, 1],
    dilation: [1, 1, 1],
    padding: [0, 0, 0],
  };
}

/** The matrices of a batch in panels; they belong to the caller. */
function pack(
  b: Tensor,
  { n, k, transposed, tile }: {
    readonly n: number;
    readonly k: number;
    readonly transposed: boolean;
    readonly tile: WeightTile;
  },
): Tensor {
  const { gpu } = b;
  const width = panelColumns(tile);
  const quads = Math.ceil(k / 4);
  const panels = Math.ceil(n / width);
  const total = sizeOf(b.shape.slice(0, -2)) * panels * quads * width;
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
  return packed;
}
