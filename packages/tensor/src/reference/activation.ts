/** Activations in float64. */
import type { Activation } from "../wgsl/activation.ts";

const sigmoid = (v: number) => 1 / (1 + Math.exp(-v));

/** Activations of one value. */
export const activationReference: Readonly<Record<Activation, (v: number) => number>> = {
  none: (v) => v,
  relu: (v) => Math.max(v, 0),
  sigmoid,
  silu: (v) => v * sigmoid(v),
  gelu: (v) => 0.5 * v * (1 + erf(v / Math.SQRT2)),
  gelu_tanh: (v) => 0.5 * v * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (v + 0.044715 * v ** 3))),
};

/**
 * Error function, by its Taylor series, and by its continued fraction where that converges faster.
 *
 * @param x Argument.
 * @returns erf(x).
 */
export function erf(x: number): number {
  if (Math.abs(x) > 3) {
    let fraction = 0;
    for (let k = 60; k > 0; k--) fraction = k / 2 / (Math.abs(x) + fraction);
    const tail = Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction);
    return Math.sign(x) * (1 - tail);
  }
  let [term, sum] = [x, x];
  for (let n = 1; n < 80; n++) {
    term *= -x * x / n;
    sum += term / (2 * n + 1);
  }
  return 2 / Math.sqrt(Math.PI) * sum;
}
