/**
 * Reads damaged copies of PyTorch files; ends with status 1 at the first that crashes the reader.
 *
 * Usage: `deno task fuzz [COUNT] [SEED]`, 100,000 copies when absent.
 *
 * @module
 */
import { fuzzTorch } from "../packages/checkpoint/src/testing/fuzz_torch.ts";

const [count = "100000", seed = "1"] = Deno.args;
const folder = new URL("../fixtures/checkpoint/", import.meta.url);
const names = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) =>
  name.startsWith("exotic") && name.endsWith(".pth")
);
for (const name of names) {
  const copies = Math.ceil(Number(count) / names.length);
  const read = await fuzzTorch(await Deno.readFile(new URL(name, folder)), copies, Number(seed));
  const line = `${name}: ${copies} damaged copies, ${read} could be read all the same\n`;
  Deno.stdout.writeSync(new TextEncoder().encode(line));
}
