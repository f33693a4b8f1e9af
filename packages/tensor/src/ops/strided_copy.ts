/** Recording a strided copy: what slices, joins and permutations have in common. */
import { ShapeError } from "../errors.ts";
import { COPY_AXES, COPY_RUN, COPY_THREADS, stridedCopy } from "../kernels/strided_copy.ts";
import { DTYPE_BYTES, sizeOf, type Tensor } from "../tensor.ts";
import { flatGrid } from "../wgsl/kernel.ts";

/** One side of a copy: where element (0, 0, …) is, and the step along each axis, in elements. */
export interface Layout {
  /** First element. */
  readonly start: number;
  /** Step along each axis. */
  readonly strides: readonly number[];
}

/** A copy between two layouts. */
export interface StridedCopy {
  /** Source. */
  readonly x: Tensor;
  /** Target. */
  readonly y: Tensor;
  /** Elements along each axis. */
  readonly extents: readonly number[];
  /** How the source is walked. */
  readonly from: Layout;
  /** How the target is walked. */
  readonly to: Layout;
  /** Name in profiles. */
  readonly label: string;
  /** Elements of an invocation; by the adapter when absent. */
  readonly run?: number;
}

/**
 * Row-major strides of a shape.
 *
 * @param shape Extents.
 * @returns Step along each axis, in elements.
 */
export function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, axis) => sizeOf(shape.slice(axis + 1)));
}

/**
 * Records a copy between two layouts of the same dtype.
 *
 * @param elements Tensors and layouts.
 * @throws {ShapeError} If there are more than five axes, or elements of 16 bits do not move in pairs.
 */
export function recordStridedCopy(elements: StridedCopy): void {
  const { x, y, label } = elements;
  const copy = DTYPE_BYTES[x.dtype] === 4 ? elements : inWords(elements);
  if (!copy || copy.extents.length > COPY_AXES) {
    throw new ShapeError(
      `Cannot record ${label} of ${x.dtype} [${x.shape}]: at most ${COPY_AXES} axes of 32-bit ` +
        `elements, or of even numbers of 16-bit ones, are moved. Reshape or cast it before.`,
    );
  }
  if (sizeOf(copy.extents) === 0) return;
  const vector = inFours(copy);
  const step = vector ? 4 : 1;
  const run = copy.run ?? (x.gpu.caps.isCpu ? COPY_RUN : 1);
  const order = run === 1 ? copy.extents.map((_, axis) => axis) : sourceOrder(copy);
  const front = Array.from({ length: COPY_AXES - copy.extents.length }, () => 1);
  const extents = [...front, ...order.map((axis) => copy.extents[axis] ?? 1)];
  extents[COPY_AXES - 1] = (extents[COPY_AXES - 1] ?? 1) / step;
  const walk = ({ start, strides }: Layout) => [
    start / step,
    ...front.map(() => 0),
    ...order.map((axis) => {
      const stride = strides[axis] ?? 0;
      return axis === strides.length - 1 ? stride : stride / step;
    }),
  ];
  const runs = Math.ceil((extents[COPY_AXES - 1] ?? 1) / run);
  const count = sizeOf(extents.slice(0, -1)) * runs;
  x.gpu.dispatch({
    kernel: x.gpu.kernel("strided_copy", { vector, run }, stridedCopy),
    tensors: [x, y],
    params: [count, ...extents, ...walk(copy.from), ...walk(copy.to)],
    grid: flatGrid(Math.ceil(count / COPY_THREADS)),
    iterations: run,
    label,
  });
}

/** Elements of 16 bits as words of two, where these stay together. */
function inWords(copy: StridedCopy): StridedCopy | undefined {
  const { extents, from, to } = copy;
  const last = extents.length - 1;
  const halved = (values: readonly number[]) => values.map((value) => value / 2);
  const layout = ({ start, strides }: Layout): Layout => ({
    start: start / 2,
    strides: [...halved(strides.slice(0, last)), 1],
  });
  const words = {
    ...copy,
    extents: extents.with(last, (extents[last] ?? 1) / 2),
    from: layout(from),
    to: layout(to),
  };
  const whole = [words.extents[last] ?? 1]
    .concat([words.from, words.to].flatMap(({ start, strides }) => [start, ...strides]))
    .every(Number.isInteger);
  return whole && from.strides[last] === 1 && to.strides[last] === 1 ? words : undefined;
}

/** The axes, the one last along which the source is contiguous: runs read whole lines of a cache. */
function sourceOrder({ extents, from: { strides } }: StridedCopy): number[] {
  const axes = extents.map((_, axis) => axis);
  const along = axes.findLast((axis) => strides[axis] === 1 && extents[axis] !== 1) ?? axes.at(-1);
  return [...axes.filter((axis) => axis !== along), ...(along === undefined ? [] : [along])];
}

/** Whether the innermost axis is contiguous on both sides and everything falls on fours. */
function inFours({ extents, from, to }: StridedCopy): boolean {
  const steps = [from, to].flatMap(({ start, strides }) => [start, ...strides.slice(0, -1)]);
  return from.strides.at(-1) === 1 && to.strides.at(-1) === 1 &&
    [extents.at(-1) ?? 1, ...steps].every((value) => value % 4 === 0);
}
