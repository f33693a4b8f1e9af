/**
 * Reads damaged copies of checkpoints of every form, and a hundredth as many hostile files, within
 * limits of time and memory; ends with status 1 at the first that crashes the reader or exceeds them.
 *
 * Usage: `deno task fuzz [COUNT] [SEED]`, 100,000 copies when absent.
 *
 * @module
 */
import type { FuzzOrder, FuzzReport } from "./fuzz_checkpoint_worker.ts";

/** Longest silence: a reader that hangs can say nothing, and only another thread can end it. */
const SILENCE_MS = 120_000;

const [count = "100000", seed = "1"] = Deno.args;
const order: FuzzOrder = { count: Number(count), seed: Number(seed) };
if (!Object.values(order).every((number) => Number.isInteger(number) && number > 0)) {
  print("Usage: deno task fuzz [COUNT] [SEED], whole numbers from 1 on.");
  Deno.exit(2);
}
const worker = new Worker(import.meta.resolve("./fuzz_checkpoint_worker.ts"), { type: "module" });
let reading = "the start";
let watch: ReturnType<typeof setTimeout> | undefined;

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

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
