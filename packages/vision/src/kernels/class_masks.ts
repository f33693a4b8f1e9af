/**
 * Classes of detections, and probabilities of the masks of these classes. The head enlarges its maps by two; the four
 * pixels of a place lie behind each other:
 * `y[n, 2i + a, 2j + b] = sigmoid(logits[n, i, j, a, b, class of n])`.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** Invocations a workgroup. */
export const CLASS_MASKS_THREADS = 64;

const FLAT = `  let index = ${FLAT_WORKGROUP} * ${CLASS_MASKS_THREADS}u + local;
  if (index >= p.total) { return; }`;

/**
 * Rows of numbers in a table of several columns.
 *
 * @returns The kernel; flat grid over the numbers.
 */
export function rowsOfNumbers(): Kernel {
  return kernel({
    label: "rows of numbers",
    bindings: [
      { name: "numbers", type: "u32", access: "read" },
      { name: "y", type: "u32", access: "read_write" },
    ],
    params: { total: "u32", columns: "u32" },
    workgroup: [CLASS_MASKS_THREADS, 1, 1],
    body: `${FLAT}
  y[index] = numbers[index] / p.columns;`,
  });
}

/**
 * Picks masks.
 *
 * @returns The kernel; flat grid over the result.
 */
export function classMasks(): Kernel {
  return kernel({
    label: "class masks",
    bindings: [
      { name: "logits", type: "f32", access: "read" },
      { name: "class_ids", type: "u32", access: "read" },
      { name: "y", type: "f32", access: "read_write" },
    ],
    params: { total: "u32", side: "u32", classes: "u32" },
    workgroup: [CLASS_MASKS_THREADS, 1, 1],
    body: `${FLAT}
  let double = 2u * p.side;
  let column = index % double;
  let row = index / double % double;
  let detection = index / double / double;
  let place = (detection * p.side + row / 2u) * p.side + column / 2u;
  let pixel = (place * 2u + row % 2u) * 2u + column % 2u;
  let logit = logits[pixel * p.classes + class_ids[detection]];
  y[index] = 1.0 / (1.0 + exp(-logit));`,
  });
}
