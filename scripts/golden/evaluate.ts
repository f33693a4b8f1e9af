/** Runs one golden file and compares all that it makes. */
import { GoldenError } from "./errors.ts";
import { GoldenCase } from "./golden_case.ts";
import { kindOf } from "./kinds.ts";
import type { Produced, Tools } from "./runner.ts";
import { type Errors, EXACT, measure, type Tolerance } from "./tolerance.ts";

/** A line of the table. */
export interface Verdict {
  /** Name of the file. */
  readonly case: string;
  /** Name of the tensor. */
  readonly output: string;
  /** Distances, where there was something to compare. */
  readonly errors?: Errors;
  /** The bar, in words. */
  readonly tolerance: string;
  readonly ok: boolean;
  /** Why there was nothing to compare. */
  readonly reason?: string;
}

/**
 * Runs the module that a file's metadata name.
 *
 * @param path The file.
 * @param tools What runners share.
 * @returns One verdict a tensor; outputs of the file that nothing made are failures.
 * @throws {GoldenError} If the file is damaged or names something unknown.
 */
export async function* evaluate(path: string, tools: Tools): AsyncGenerator<Verdict> {
  using golden = await GoldenCase.open(path);
  const { run, tolerance, outputs } = kindOf(golden);
  const left = new Set(await outputs?.(golden) ?? golden.names("output."));
  try {
    for await (const produced of run(golden, tools)) {
      left.delete(produced.name);
      yield await compare(golden, produced, tolerance);
    }
  } catch (error) {
    if (!(error instanceof Error) || error instanceof GoldenError) throw error;
    for (const output of left) yield missing(golden.name, output, error.message);
    return;
  }
  for (const output of left) yield missing(golden.name, output, "nothing made it");
}

async function compare(
  golden: GoldenCase,
  { name, values, ...own }: Produced,
  usual: Tolerance,
): Promise<Verdict> {
  const expected = own.expected ?? await golden.tensor(name);
  const whole = own.expected === undefined &&
    !["F32", "F16", "BF16", "F64"].includes(golden.file.entry(name).dtype);
  const tolerance = own.tolerance ?? (whole ? EXACT : usual);
  if (values.length !== expected.values.length) {
    return missing(
      golden.name,
      name,
      `${values.length} values, expected [${expected.shape}] of them`,
    );
  }
  const errors = measure(values, expected.values);
  return {
    case: golden.name,
    output: name,
    errors,
    tolerance: tolerance.text,
    ok: tolerance.accepts(errors),
  };
}

function missing(name: string, output: string, reason: string): Verdict {
  return { case: name, output, tolerance: "-", ok: false, reason };
}
