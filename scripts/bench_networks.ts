/**
 * Time and memory of whole networks with weights from a formula, beside the adapter's rate in a
 * matrix product: `deno task bench:networks [part of a name] [--rounds 5]`.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { open } from "@vicinity/tensor";
import { networkLines, networksNamed, networkTimes } from "./networks/times.ts";

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

const { values: options, positionals } = parseArgs({
  options: { rounds: { type: "string", default: "5" } },
  allowPositionals: true,
});
using gpu = await open();
print(gpu.caps.description);
for (const name of networksNamed(positionals)) {
  const times = await networkTimes(gpu, name, Number(options.rounds));
  for (const line of networkLines(times)) print(line);
}
