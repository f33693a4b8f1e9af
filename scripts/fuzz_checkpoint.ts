/**
 * Reads damaged copies of checkpoints of every form; ends with status 1 at the first that crashes the
 * reader.
 *
 * Usage: `deno task fuzz [COUNT] [SEED]`, 100,000 copies when absent.
 *
 * @module
 */
import {
  fuzzCheckpoint,
  fuzzSubjects,
} from "../packages/checkpoint/src/testing/fuzz_checkpoint.ts";

const [count = "100000", seed = "1"] = Deno.args;
const subjects = await fuzzSubjects(new URL("../fixtures/checkpoint/", import.meta.url));
for (const [name, subject] of subjects) {
  const copies = Math.ceil(Number(count) / subjects.size);
  const read = await fuzzCheckpoint(subject, copies, Number(seed));
  const line = `${name}: ${copies} damaged copies, ${read} could be read all the same\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}
