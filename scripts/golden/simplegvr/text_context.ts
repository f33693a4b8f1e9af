/** Text contexts of a case, one a sample. */
import { type DitConfig, hashUniforms } from "@vicinity/simplegvr";
import type { GoldenCase, GoldenTensor } from "../golden_case.ts";

/**
 * Reads the contexts, or makes the one that the note describes as `hash tensor NAME [rows, cols]`.
 *
 * @param golden The case.
 * @param config Says whether there is text, and how many rows the network wants.
 * @returns Contexts with zero rows behind the text; none for networks without text.
 */
export async function contextsOf(golden: GoldenCase, config: DitConfig): Promise<GoldenTensor[]> {
  if (!config.crossAttn) return [];
  const names = golden.names("input.context");
  names.sort((a, b) => Number(a.replace(/\D/g, "")) - Number(b.replace(/\D/g, "")));
  const contexts: Float64Array[] = [];
  for (const name of names) contexts.push((await golden.tensor(name)).values);
  if (names.length === 0) contexts.push(madeContext(golden.text("note")));
  return contexts.map((context) => {
    const values = new Float64Array(config.textLen * config.textDim);
    values.set(context);
    return { shape: [config.textLen, config.textDim], values };
  });
}

function madeContext(note: string): Float64Array {
  const [, name = "input.context", rows, cols] = /hash tensor (\S+) \[(\d+), ?(\d+)\]/.exec(note) ??
    [];
  return hashUniforms(name, Number(rows) * Number(cols)).map((value) => Math.sqrt(3) * value);
}
