/** Kernels that measurements chose for an adapter and for extents, in place of the built-in rules. */
import type { Caps } from "../gpu/device.ts";
import { BUILT_IN } from "./built_in.ts";

/**
 * The kernels that there are to choose from, by family: `pack`, for which of them a weight is laid out;
 * `gemm`, `conv` and `matmul`, in which form a product then runs; `rows`, norms, softmax and reductions;
 * `attention` and `neighbourhood`; `mlp`.
 */
export const CANDIDATES = {
  pack: ["lanes", "registers", "shared"],
  gemm: ["tile", "tall", "split", "gemv"],
  conv: ["tile", "split"],
  matmul: ["tile", "tall", "split", "gemv"],
  rows: ["thread", "subgroup", "group"],
  attention: ["lanes", "registers", "tile", "scores"],
  neighbourhood: ["patches", "lanes", "registers", "tile"],
  mlp: ["layers", "fused"],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** A family of kernels. */
export type TunedFamily = keyof typeof CANDIDATES;

/** What `deno task tune` found. */
export interface Tuning {
  /** {@link adapterName} of the adapter it was measured on; it counts on no other. */
  readonly adapter: string;
  /** `candidatesChecksum()` of the kernels that were compared; it counts for no others. */
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
 * What a tuning calls the adapter that it was measured on: all that WebGPU tells. The version of a
 * driver is among it only where the driver puts it into the description, as Mesa does.
 *
 * @param caps Facts about the adapter.
 * @returns Vendor, architecture and description.
 */
export function adapterName(
  { vendor, architecture, description }: Pick<Caps, "vendor" | "architecture" | "description">,
): string {
  return [vendor, architecture, description].filter((part) => part !== "").join(", ");
}

/**
 * The choices for an adapter: built-in ones of its class, overridden by those of a tuning that was made
 * on it. What neither has is left to the rules of the families.
 *
 * @param caps Facts about the adapter.
 * @param tuning What was measured, if anything.
 * @returns Choices by key.
 */
export function choicesFor(
  caps: Pick<Caps, "isCpu" | "vendor" | "architecture" | "description">,
  tuning?: Pick<Tuning, "adapter" | "choices">,
): Readonly<Record<string, string>> {
  const name = adapterName(caps);
  const nvidia = !caps.isCpu && /nvidia/i.test(name);
  return {
    ...(nvidia ? BUILT_IN.nvidia : {}),
    ...(tuning?.adapter === name ? tuning.choices : {}),
  };
}

/**
 * Checks the contents of a tuning file.
 *
 * @param value The parsed JSON.
 * @param candidates `candidatesChecksum()` of the kernels that there are today.
 * @returns The tuning.
 * @throws {TypeError} If it is something else, or other kernels were compared.
 *
 * @example
 * ```ts
 * import { candidatesChecksum, parseTuning, tuningKey } from "@vicinity/tensor";
 * import assert from "node:assert/strict";
 *
 * const key = tuningKey("pack", { n: 512, k: 512 });
 * const candidates = await candidatesChecksum();
 * const file = { adapter: "some card", candidates, choices: { [key]: "shared" } };
 * assert.equal(parseTuning(file, candidates).choices[key], "shared");
 * assert.throws(() => parseTuning(file, "of other kernels"), /Tune again/);
 * ```
 */
export function parseTuning(value: unknown, candidates: string): Tuning {
  const { adapter, candidates: compared, choices } = Object(value);
  const entries = Object.entries(Object(choices));
  const named = typeof adapter === "string" && typeof compared === "string";
  if (!named || !choices || entries.some(([, name]) => typeof name !== "string")) {
    throw new TypeError(
      "Cannot use this tuning: it names no adapter, candidates and choices. Tune again.",
    );
  }
  if (compared !== candidates) {
    throw new TypeError(
      `Cannot use this tuning: it compared other kernels (${compared}) than there are now ` +
        `(${candidates}). Tune again.`,
    );
  }
  return {
    adapter,
    candidates,
    choices: Object.fromEntries(entries) as Record<string, string>,
  };
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
