/** Kernels that measurements chose for an adapter and for extents, in place of the built-in rules. */
import type { Caps } from "../gpu/device.ts";
import { BUILT_IN } from "./built_in.ts";

/**
 * The kernels that there are to choose from, by family: `pack`, for which of them a weight is laid out;
 * `gemm` and `matmul`, in which form a product then runs; `rows`, norms, softmax and reductions;
 * `attention`; `mlp`.
 */
export const CANDIDATES = {
  pack: ["lanes", "registers", "shared"],
  gemm: ["tile", "tall", "split", "gemv"],
  matmul: ["tile", "tall", "split", "gemv"],
  rows: ["thread", "subgroup", "group"],
  attention: ["lanes", "registers", "tile", "scores"],
  mlp: ["layers", "fused"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A family of kernels. */
export type TunedFamily = keyof typeof CANDIDATES;

/** What `deno task tune` found. */
export interface Tuning {
  /** `description` of the adapter it was measured on; it counts on no other. */
  readonly adapter: string;
  /** {@link candidatesChecksum} of the kernels that were compared; it counts for no others. */
  readonly candidates: string;
  /** The fastest by {@link tuningKey}. */
  readonly choices: Readonly<Record<string, string>>;
}

/** Extents from which on kernels keep their order. */
const LARGEST_EXTENT = 4096;

/**
 * Where a choice is found: neighbouring extents share it.
 *
 * @param family Family of kernels.
 * @param extents What the choice depends on, by name; each counts as the next power of two, at most
 *   4096.
 * @returns The key.
 *
 * @example
 * ```ts
 * import { tuningKey } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * assert.equal(tuningKey("rows", { rows: 5000, columns: 96 }), "rows rows=4096 columns=128");
 * ```
 */
export function tuningKey(
  family: TunedFamily,
  extents: Readonly<Record<string, number>>,
): string {
  const bucket = (extent: number) =>
    Math.min(LARGEST_EXTENT, 2 ** Math.ceil(Math.log2(Math.max(1, extent))));
  return [family, ...Object.entries(extents).map(([name, extent]) => `${name}=${bucket(extent)}`)]
    .join(" ");
}

/**
 * A checksum of the kernels that there are to choose from.
 *
 * @returns Hexadecimal digits.
 */
export async function candidatesChecksum(): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify(CANDIDATES));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return [...digest.subarray(0, 8)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The choices for an adapter: built-in ones of its class, overridden by those of a tuning that was made
 * here and for the kernels that there are today. What neither has is left to the rules of the families.
 *
 * @param caps Facts about the adapter.
 * @param tuning What was measured, if anything.
 * @returns Choices by key.
 */
export async function choicesFor(
  caps: Pick<Caps, "isCpu" | "description">,
  tuning?: Tuning,
): Promise<Readonly<Record<string, string>>> {
  const builtIn = BUILT_IN[caps.isCpu ? "cpu" : "gpu"];
  const counts = tuning?.adapter === caps.description &&
    tuning.candidates === await candidatesChecksum();
  return { ...builtIn, ...(counts ? tuning.choices : {}) };
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
 * import { candidatesChecksum, parseTuning, tuningKey } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * const key = tuningKey("pack", { n: 512, k: 512 });
 * const candidates = await candidatesChecksum();
 * const tuning = parseTuning({ adapter: "some card", candidates, choices: { [key]: "shared" } });
 * assert.equal(tuning.choices[key], "shared");
 * ```
 */
export function parseTuning(value: unknown): Tuning {
  const { adapter, candidates, choices } = Object(value);
  const entries = Object.entries(Object(choices));
  const named = typeof adapter === "string" && typeof candidates === "string";
  if (named && choices && entries.every(([, name]) => typeof name === "string")) {
    return {
      adapter,
      candidates,
      choices: Object.fromEntries(entries) as Record<string, string>,
    };
  }
  throw new TypeError(
    "Cannot use this tuning: it names no adapter, candidates and choices. Tune again.",
  );
}

/**
 * The kernel that was chosen for extents, if it is one that can run.
 *
 * @param caps Facts about the adapter, with its choices.
 * @param family Family of kernels.
 * @param extents What the choice depends on, as for {@link tuningKey}.
 * @param feasible Kernels that can run here.
 * @returns The kernel, or nothing.
 */
export function tunedVariant<Variant extends string>(
  caps: Pick<Caps, "tuned">,
  family: TunedFamily,
  extents: Readonly<Record<string, number>>,
  feasible: readonly Variant[],
): Variant | undefined {
  const wanted = caps.tuned[tuningKey(family, extents)];
  return feasible.find((variant) => variant === wanted);
}
