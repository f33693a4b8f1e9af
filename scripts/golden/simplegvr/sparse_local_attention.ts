/** Sparse local attention on given queries, keys and values. */
import {
  attention,
  paddedHeadDim,
  prepareVicinity,
  selectBlocks,
  sparseLocal,
  windowMeans,
  windowScores,
} from "@vicinity/attention";
import { type Gpu, permute, type Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced, Tools } from "../runner.ts";

/** Which windows are chosen, by what scores, and what attention makes of them. */
export async function* runSparseLocalAttention(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const [frames = 0, rows = 0, cols = 0] = golden.extents("grid");
  const [windowRows = 0, windowCols = 0] = golden.extents("window_hw");
  const vicinity = sparseLocal({
    grid: [frames, rows, cols],
    window: [windowRows, windowCols],
    topk: golden.number("topk"),
  });
  using cleanup = new DisposableStack();
  const prepared = cleanup.adopt(prepareVicinity(gpu, vicinity), (tables) => tables.dispose());
  const { queries } = prepared;
  if (queries === undefined) throw new TypeError("Cannot select windows: the vicinity has none.");
  const width = golden.file.entry("input.q").shape.at(-1) ?? 1;
  const scale = 1 / Math.sqrt(width);
  const [q, k, v] = [
    await readHeads(gpu, golden, "input.q"),
    await readHeads(gpu, golden, "input.k"),
    await readHeads(gpu, golden, "input.v"),
  ];
  const [meanQ, meanK] = [windowMeans(q, queries), windowMeans(k, queries)];
  const blocks = selectBlocks(meanQ, meanK, vicinity.topk);
  const [scores = [], listed = [], o = []] = await gpu.read([
    windowScores(meanQ, meanK, scale),
    blocks,
    attention(q, k, v, prepared, { scale }),
  ]);
  const perWindow = blocks.shape[3] ?? 1;
  const padded = paddedHeadDim(width);
  yield { name: "mid.window_scores", values: scores };
  yield { name: "mid.selected", values: [...listed].filter((_, at) => at % perWindow > 0) };
  yield { name: "output.o", values: [...o].filter((_, at) => at % padded < width) };
}

/** `[batch, tokens, heads, width]` as attention takes it: heads first, zeros behind each head. */
async function readHeads(gpu: Gpu, golden: GoldenCase, name: string): Promise<Tensor> {
  const { shape, values } = await golden.tensor(name);
  const width = shape.at(-1) ?? 1;
  const padded = paddedHeadDim(width);
  const rows = new Float32Array(values.length / width * padded);
  for (let row = 0; row * width < values.length; row++) {
    rows.set(values.subarray(row * width, (row + 1) * width), row * padded);
  }
  return permute(gpu.tensor([...shape.slice(0, -1), padded], rows), [0, 2, 1, 3]);
}
