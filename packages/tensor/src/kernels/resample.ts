/**
 * Resampling along one axis of `[outer, length, inner]`:
 * `y[o, j, i] = Σ_t weights[j, t] · x[o, min(first[j] + t, length − 1), i]`.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface ResampleSpec {
  /** The inner axis is read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const RESAMPLE_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function resample({ vector }: ResampleSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "resample",
    bindings: [
      { name: "x", type, access: "read" },
      { name: "first", type: "u32", access: "read" },
      { name: "weights", type: "f32", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: { count: "u32", length: "u32", outputs: "u32", inner: "u32", taps: "u32" },
    workgroup: [RESAMPLE_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${RESAMPLE_THREADS}u + local;
  if (index >= p.count) { return; }
  let i = index % p.inner;
  let line = index / p.inner;
  let position = line % p.outputs;
  let start = (line / p.outputs) * p.length;
  let from_position = first[position];
  var sum = ${type}();
  for (var t = 0u; t < p.taps; t++) {
    let source = start + min(from_position + t, p.length - 1u);
    sum += weights[position * p.taps + t] * x[source * p.inner + i];
  }
  y[index] = sum;`,
  });
}
