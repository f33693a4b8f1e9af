/**
 * Time and memory of whole networks with weights from a formula, beside the adapter's rate in a
 * matrix product.
 *
 * @module
 */
import { open } from "@vicinity/tensor";
import { isNamed, readArguments, refuseUnknown, wholeNumber } from "./arguments.ts";
import { NETWORKS } from "./networks/networks.ts";
import { networkLines, networkTimes } from "./networks/times.ts";
import { print } from "./print.ts";

const USAGE = `deno task bench:networks [PART OF A NAME...] [--rounds 5]

Time and memory of whole networks beside the adapter's rate in a matrix product; with words only of
those that have one of them in their names.`;

const { values: options, positionals: words } = readArguments(USAGE, {
  rounds: { type: "string", default: "5" },
}, Infinity);
const rounds = wholeNumber(USAGE, "--rounds", options.rounds);
refuseUnknown(USAGE, words, Object.keys(NETWORKS));
using gpu = await open();
print(gpu.caps.description);
for (const name of Object.keys(NETWORKS).filter((name) => isNamed(name, words))) {
  const times = await networkTimes(gpu, name, rounds);
  for (const line of networkLines(times)) print(line);
}
