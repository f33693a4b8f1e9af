/**
 * Reads damaged copies of checkpoints of every form, and a hundredth as many hostile files, within
 * limits of time and memory; ends with status 1 at the first that crashes the reader or exceeds them.
 *
 * @module
 */
import { readArguments, wholeNumber } from "./arguments.ts";
import type { FuzzOrder, FuzzReport } from "./fuzz_checkpoint_worker.ts";
import { print } from "./print.ts";

/** Longest silence: a reader that hangs can say nothing, and only another thread can end it. */
const SILENCE_MS = 120_000;

const USAGE = `deno task fuzz [COUNT] [SEED]

Reads damaged copies of checkpoints, 100000 by seed 1 if nothing else is said.`;

const { positionals: [count = "100000", seed = "1"] } = readArguments(USAGE, {}, 2);
const order: FuzzOrder = {
  count: wholeNumber(USAGE, "COUNT", count),
  seed: wholeNumber(USAGE, "SEED", seed),
};
const worker = new Worker(import.meta.resolve("./fuzz_checkpoint_worker.ts"), { type: "module" });
let reading = "the start";
let watch: ReturnType<typeof setTimeout> | undefined;

/** A thread that hangs does not let itself be terminated, only the process. */
function end(line: string): never {
  print(line);
  Deno.exit(1);
}

function listen(): void {
  clearTimeout(watch);
  watch = setTimeout(() => end(`${reading} of seed ${seed} hangs`), SILENCE_MS);
}

worker.onerror = (event) => {
  event.preventDefault();
  end(`${reading} of seed ${seed}: ${event.message}`);
};
worker.onmessage = ({ data }: MessageEvent<FuzzReport>) => {
  listen();
  if (data.kind === "file") reading = data.name;
  else if (data.kind === "line") print(data.text);
  else {
    clearTimeout(watch);
    worker.terminate();
  }
};
listen();
worker.postMessage(order);
