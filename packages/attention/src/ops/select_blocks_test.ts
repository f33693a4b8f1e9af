import assert from "node:assert/strict";
import { SafetensorsFile } from "@vicinity/checkpoint";
import { FileSource } from "@vicinity/checkpoint/deno";
import { type Gpu, open, permute, type Tensor } from "@vicinity/tensor";
import { prepareVicinity } from "../prepared.ts";
import { runnableVariants } from "../testing/cases.ts";
import { sparseLocal } from "../vicinity.ts";
import { attention } from "./attention.ts";
import { selectBlocks, windowMeans, windowScores } from "./select_blocks.ts";

const GOLDEN = new URL("../../../../fixtures/golden/simplegvr/", import.meta.url);
const FILES = ["block12x9", "divisible", "padded_top2", "single_window"] as const;

/** Throws unless |actual - expected| <= 2e-5 (1 + |expected|) everywhere. */
function assertGolden(actual: ArrayLike<number>, expected: ArrayLike<number>, name: string): void {
  assert.equal(actual.length, expected.length, name);
  for (let i = 0; i < expected.length; i++) {
    const [a = NaN, b = NaN] = [actual[i], expected[i]];
    assert(Math.abs(a - b) <= 2e-5 * (1 + Math.abs(b)), `${name}: value ${i} is ${a}, not ${b}`);
  }
}

/** A tensor of a file, `[batch, tokens, heads, width]`, as attention takes it. */
async function readHeads(gpu: Gpu, file: SafetensorsFile, key: string): Promise<Tensor> {
  const stored = gpu.tensor(file.entry(key).shape, await file.float32(key));
  return permute(stored, [0, 2, 1, 3]);
}

function readOptions({ metadata }: SafetensorsFile): Parameters<typeof sparseLocal>[0] {
  return {
    grid: JSON.parse(metadata["grid"] ?? ""),
    window: JSON.parse(metadata["window_hw"] ?? ""),
    topk: Number(metadata["topk"]),
  };
}

for (const name of FILES) {
  Deno.test(`sparse local attention gives the golden values of ${name}`, async () => {
    using gpu = await open();
    using source = await FileSource.open(new URL(`sla_${name}.safetensors`, GOLDEN));
    const file = await SafetensorsFile.open(source);
    const vicinity = sparseLocal(readOptions(file));
    const index = [...await file.float64("mid.window_index")].filter((token) => token >= 0);
    assert.deepEqual(vicinity.windows.flat(), index);

    const prepared = prepareVicinity(gpu, vicinity);
    assert(prepared.queries);
    const q = await readHeads(gpu, file, "input.q");
    const k = await readHeads(gpu, file, "input.k");
    const v = await readHeads(gpu, file, "input.v");
    const [meanQ, meanK] = [windowMeans(q, prepared.queries), windowMeans(k, prepared.queries)];
    const scores = windowScores(meanQ, meanK, 1 / Math.sqrt(q.shape[3] ?? 1));
    const blocks = selectBlocks(meanQ, meanK, vicinity.topk);
    const [scoreValues = [], blockValues = []] = await gpu.read([scores, blocks]);
    assertGolden(scoreValues, await file.float32("mid.window_scores"), "scores");
    const listed = blocks.shape[3] ?? 1;
    const selected = [...blockValues].filter((_, i) => i % listed > 0);
    assert.deepEqual(selected, [...await file.float64("mid.selected")]);

    const expected = await file.float32("output.o");
    for (const variant of runnableVariants(gpu).filter((variant) => variant !== "scores")) {
      const [y = []] = await gpu.read([attention(q, k, v, prepared, { variant })]);
      assertGolden(y, expected, variant);
    }
    prepared.dispose();
  });
}

Deno.test("equal scores select the window of lower index", async () => {
  using gpu = await open();
  const means = gpu.tensor([1, 1, 4, 4], new Float32Array(16).fill(0.5));
  const [blocks = []] = await gpu.read([selectBlocks(means, means, 2)]);
  assert.deepEqual([...blocks], [0, 1, 2, 1, 0, 2, 2, 0, 1, 3, 0, 1]);
});
