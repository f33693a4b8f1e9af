/** Activations as WGSL functions of one f32, for epilogues and pointwise kernels. */

/** Names of the activations; `gelu` is the exact (erf) form. */
export type Activation = "none" | "relu" | "silu" | "sigmoid" | "gelu" | "gelu_tanh";

const BODIES: Readonly<Record<Activation, string>> = {
  none: "return v;",
  relu: "return max(v, 0.0);",
  silu: "return v / (1.0 + exp(-v));",
  sigmoid: "return 1.0 / (1.0 + exp(-v));",
  // Abramowitz and Stegun 7.1.26, absolute error of erf below 6e-7 in f32.
  gelu: `let z = abs(v) * 0.7071067811865476;
  let t = 1.0 / (1.0 + 0.3275911 * z);
  let tail = t * exp(-z * z) *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return 0.5 * v * select(tail, 2.0 - tail, v >= 0.0);`,
  // tanh of large arguments is NaN on some software adapters, hence the clamp.
  gelu_tanh: `let u = clamp(0.7978845608028654 * (v + 0.044715 * v * v * v), -10.0, 10.0);
  return 0.5 * v * (1.0 + tanh(u));`,
};

/** Activations that are cheap enough to repeat in straight-line code. */
export const CHEAP_ACTIVATIONS: ReadonlySet<Activation> = new Set(["none", "relu"]);

/**
 * The WGSL function of an activation.
 *
 * @param activation Which one.
 * @param name Name of the function.
 * @returns A declaration `fn name(v: f32) -> f32`.
 */
export function activationFunction(activation: Activation, name = "activate"): string {
  return `fn ${name}(v: f32) -> f32 {
  ${BODIES[activation]}
}
`;
}
