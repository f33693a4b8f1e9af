/** Neighbourhood attention on given queries, keys and values. */
import { attention, neighbourhood, paddedHeadDim } from "@vicinity/attention";
import type { Gpu, Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced, Tools } from "../runner.ts";

/** What attention makes of a grid of one or two axes; the queries are scaled already. */
export async function* runNeighbourhoodAttention(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const { shape } = golden.file.entry("input.q");
  const width = shape.at(-1) ?? 1;
  const vicinity = neighbourhood({
    grid: shape.slice(2, -1),
    kernel: golden.number("kernel_size"),
    dilation: golden.number("dilation"),
  });
  const bias = golden.has("input.rpb") ? await golden.tensor("input.rpb") : undefined;
  const [q, k, v] = [
    await readHeads(gpu, golden, "input.q"),
    await readHeads(gpu, golden, "input.k"),
    await readHeads(gpu, golden, "input.v"),
  ];
  const y = attention(q, k, v, vicinity, {
    scale: 1,
    ...(bias ? { bias: gpu.tensor(bias.shape, Float32Array.from(bias.values)) } : {}),
  });
  const [rows = []] = await gpu.read([y]);
  yield { name: "output.out", values: headsFirst(rows, y.shape, width) };
}

/** `[batch, heads, ...grid, width]` as `[batch, heads, tokens, width]`, zeros behind each head. */
async function readHeads(gpu: Gpu, golden: GoldenCase, name: string): Promise<Tensor> {
  const { shape, values } = await golden.tensor(name);
  const [batch = 1, heads = 1] = shape;
  const width = shape.at(-1) ?? 1;
  const padded = paddedHeadDim(width);
  const rows = values.length / width;
  const data = new Float32Array(rows * padded);
  for (let row = 0; row < rows; row++) {
    data.set(values.subarray(row * width, (row + 1) * width), row * padded);
  }
  return gpu.tensor([batch, heads, rows / batch / heads, padded], data);
}

/** Rows of tokens back to heads, without the zeros. */
function headsFirst(
  values: ArrayLike<number>,
  [batch = 1, tokens = 1, heads = 1, padded = 1]: readonly number[],
  width: number,
): Float64Array {
  return Float64Array.from({ length: batch * heads * tokens * width }, (_, index) => {
    const [column, row] = [index % width, Math.floor(index / width)];
    const [token, pair] = [row % tokens, Math.floor(row / tokens)];
    const [head, item] = [pair % heads, Math.floor(pair / heads)];
    return values[((item * tokens + token) * heads + head) * padded + column] ?? NaN;
  });
}
