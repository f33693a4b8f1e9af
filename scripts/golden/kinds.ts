/** All kinds that can be run, by the package and the kind that a file's metadata name. */
import { GoldenError } from "./errors.ts";
import type { GoldenCase } from "./golden_case.ts";
import { DINAT_KINDS } from "./dinat/kinds.ts";
import { RELAYFORMER_KINDS } from "./relayformer/kinds.ts";
import { DSVT_KINDS } from "./dsvt/kinds.ts";
import { FAVIT_KINDS } from "./favit/kinds.ts";
import type { Kind } from "./runner.ts";
import { SIMPLEGVR_KINDS } from "./simplegvr/kinds.ts";

const PACKAGES: ReadonlyMap<string, ReadonlyMap<string, Kind>> = new Map([
  ["dinat", DINAT_KINDS],
  ["relayformer", RELAYFORMER_KINDS],
  ["dsvt", DSVT_KINDS],
  ["favit", FAVIT_KINDS],
  ["simplegvr", SIMPLEGVR_KINDS],
]);

/**
 * Finds the kind of a case.
 *
 * @param golden The case.
 * @returns How to run it.
 * @throws {GoldenError} If its metadata name a package or kind that is unknown here.
 */
export function kindOf(golden: GoldenCase): Kind {
  const [name, kind] = [golden.text("package"), golden.text("kind")];
  const kinds = PACKAGES.get(name);
  if (kinds === undefined) {
    throw new GoldenError(
      `Cannot run ${golden.path}: the package ${name} is unknown. Known are ` +
        `${[...PACKAGES.keys()].join(", ")}.`,
    );
  }
  const found = kinds.get(kind);
  if (found === undefined) {
    throw new GoldenError(
      `Cannot run ${golden.path}: the kind ${kind} of ${name} is unknown. Known are ` +
        `${[...kinds.keys()].join(", ")}.`,
    );
  }
  return found;
}
