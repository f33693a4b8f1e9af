/** Kernel structures that measurements chose for an adapter, in place of the built-in choice. */
import type { Caps } from "../gpu/device.ts";

/** What `deno task tune` found. */
export interface Tuning {
  /** `description` of the adapter it was measured on; it counts on no other. */
  readonly adapter: string;
  /** The fastest variant by kernel family: `gemm`, `rows`, `attention`, `mlp`. */
  readonly variants: Readonly<Record<string, string>>;
}

/**
 * Checks the contents of a tuning file.
 *
 * @param value The parsed JSON.
 * @returns The tuning.
 * @throws {TypeError} If it is something else.
 *
 * @example
 * ```ts
 * import { parseTuning } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * const tuning = parseTuning({ adapter: "some card", variants: { gemm: "shared" } });
 * assert.equal(tuning.variants["gemm"], "shared");
 * ```
 */
export function parseTuning(value: unknown): Tuning {
  const { adapter, variants } = Object(value);
  const entries = Object.entries(Object(variants));
  if (typeof adapter === "string" && entries.every(([, name]) => typeof name === "string")) {
    return { adapter, variants: Object.fromEntries(entries) as Record<string, string> };
  }
  throw new TypeError("Cannot use this tuning: it names no adapter and variants. Tune again.");
}

/**
 * The tuned variant of a family, if it is one that can run.
 *
 * @param caps Facts about the adapter, with its tuning.
 * @param family Name of the family.
 * @param feasible Variants that can run here.
 * @returns The variant, or nothing.
 */
export function tunedVariant<Variant extends string>(
  caps: Pick<Caps, "tuned">,
  family: string,
  feasible: readonly Variant[],
): Variant | undefined {
  const wanted = caps.tuned[family];
  return feasible.find((variant) => variant === wanted);
}
