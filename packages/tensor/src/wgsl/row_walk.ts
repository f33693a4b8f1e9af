/** How kernels over rows (norms, softmax, reductions) spread a row over invocations. */
import { type Caps, MAX_CPU_ITERATIONS } from "../gpu/device.ts";
import { tunedVariant } from "../tune/tuning.ts";
import { type Combine, combined, COMBINES } from "./combine.ts";
import { each, FLAT_WORKGROUP } from "./kernel.ts";
import { fixedSubgroup, lanesFor, type SubgroupCaps } from "./subgroups.ts";

/** One row an invocation, a subgroup, or a workgroup. */
export type RowVariant = "thread" | "subgroup" | "group";

/** Pieces of WGSL for walking a row. */
export interface RowWalk {
  /** Index of the row. */
  readonly row: string;
  /** First column of this invocation. */
  readonly first: string;
  /** Step to its next column. */
  readonly step: string;
  /** Declarations that `reduce` needs. */
  readonly declarations: string;
  /** A value of this invocation combined over all that share the row. */
  reduce(combine: Combine, value: string): string;
}

/** Invocations a workgroup of the kernels over rows; a power of two. */
export const ROW_THREADS = 64;

/**
 * The pieces for a variant.
 *
 * @param variant How a row is spread.
 * @param threads Invocations a workgroup, a power of two.
 * @returns Text for the kernel; surplus rows must be clamped, not returned from, before `reduce`.
 */
export function rowWalk(variant: RowVariant, threads: number): RowWalk {
  switch (variant) {
    case "thread":
      return {
        row: `${FLAT_WORKGROUP} * ${threads}u + local`,
        first: "0u",
        step: "1u",
        declarations: "",
        reduce: (_, value) => value,
      };
    case "subgroup":
      return {
        row: `${FLAT_WORKGROUP} * (${threads}u / lanes) + local / lanes`,
        first: "lane",
        step: "lanes",
        declarations: "",
        reduce: (combine, value) => `${SUBGROUP[combine]}(${value})`,
      };
    case "group":
      return {
        row: FLAT_WORKGROUP,
        first: "local",
        step: `${threads}u`,
        declarations: `var<workgroup> partial: array<f32, ${threads}>;
${COMBINES.map((combine) => tree(combine, threads)).join("\n")}
`,
        reduce: (combine, value) => `group_${combine}(${value}, local)`,
      };
  }
}

/** Functions that combine a value over the lanes of a subgroup. */
const SUBGROUP: Readonly<Record<Combine, string>> = {
  add: "subgroupAdd",
  max: "subgroupMax",
  min: "subgroupMin",
};

function tree(combine: Combine, threads: number): string {
  return `fn group_${combine}(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  partial[local] = value;
  workgroupBarrier();
${
    each(Math.log2(threads), (step) => {
      const half = threads >> (step + 1);
      return `  if (local < ${half}u) {
    let other = partial[local + ${half}u];
    partial[local] = ${combined(combine, "partial[local]", "other")};
  }
  workgroupBarrier();`;
    })
  }
  return partial[0];
}`;
}

/** Rows that are worth an invocation each: enough to fill the lanes of an adapter. */
const MANY_ROWS = 1024;
/** Rows short enough that one invocation walks them faster than several combine. */
const SHORT_ROW = 128;

/**
 * The variant that suits an adapter.
 *
 * @param caps Facts about the adapter.
 * @param rows Number of rows.
 * @param columns Elements of a row.
 * @param loops Steps of each loop over a row, were it a single invocation's.
 * @returns The fastest variant whose loops the adapter can be trusted with; the fastest if none is.
 */
export function chooseRowVariant(
  caps: Caps,
  rows: number,
  columns: number,
  loops: readonly number[] = [columns],
): RowVariant {
  const feasible = rowVariants(caps);
  const fastest = tunedVariant(caps, "rows", { rows, columns }, feasible) ??
    fastestVariant(caps, feasible, columns <= SHORT_ROW && rows >= MANY_ROWS);
  if (!caps.isCpu) return fastest;
  return [fastest, ...feasible]
    .find((variant) => rowIterations(caps, variant, loops) <= MAX_CPU_ITERATIONS) ?? fastest;
}

function fastestVariant(
  caps: Caps,
  feasible: readonly RowVariant[],
  manyShort: boolean,
): RowVariant {
  if (manyShort) return "thread";
  if (feasible.includes("subgroup")) return "subgroup";
  return caps.isCpu ? "thread" : "group";
}

/**
 * The variants that an adapter can run.
 *
 * @param caps Facts about the adapter.
 * @returns Their names.
 */
export function rowVariants(caps: SubgroupCaps): RowVariant[] {
  const lanes = fixedSubgroup(caps);
  // A workgroup that is a part of a subgroup has no whole row.
  return lanes > 0 && lanes <= ROW_THREADS ? ["thread", "subgroup", "group"] : ["thread", "group"];
}

/**
 * Invocations that share a row.
 *
 * @param caps Facts about the adapter.
 * @param variant How a row is spread.
 * @returns Their number.
 * @throws {ShapeError} If the variant is `subgroup` and {@link rowVariants} has it not.
 */
export function rowInvocations(caps: SubgroupCaps, variant: RowVariant): number {
  if (variant === "subgroup") return lanesFor(caps, variant, ROW_THREADS);
  return variant === "thread" ? 1 : ROW_THREADS;
}

/**
 * Loop iterations of one invocation.
 *
 * @param caps Facts about the adapter.
 * @param variant How a row is spread.
 * @param loops Steps of each loop over a row, were it a single invocation's.
 * @returns Iterations of all loops together.
 * @throws {ShapeError} If the variant is `subgroup` and {@link rowVariants} has it not.
 */
export function rowIterations(
  caps: SubgroupCaps,
  variant: RowVariant,
  loops: readonly number[],
): number {
  const step = rowInvocations(caps, variant);
  return loops.reduce((sum, steps) => sum + Math.ceil(steps / step), 0);
}

/**
 * Workgroups that a variant needs.
 *
 * @param caps Facts about the adapter.
 * @param variant How a row is spread.
 * @param rows Number of rows.
 * @returns Workgroups of {@link ROW_THREADS} invocations.
 * @throws {ShapeError} If the variant is `subgroup` and {@link rowVariants} has it not.
 */
export function rowWorkgroups(caps: SubgroupCaps, variant: RowVariant, rows: number): number {
  return Math.ceil(rows * rowInvocations(caps, variant) / ROW_THREADS);
}
