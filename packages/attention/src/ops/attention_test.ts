import assert from "node:assert/strict";
import { broadcastLanes, linear, open, packWeight, ShapeError, sizeOf } from "@vicinity/tensor";
import { assertClose, normalValues } from "@vicinity/tensor/testing";
import { prepareVicinity, vicinityFromSegments, vicinityFromTables } from "../prepared.ts";
import { attentionReference } from "../reference.ts";
import { assertCase, type AttentionCase, runnableVariants, TOLERANCE } from "../testing/cases.ts";
import { neighbourhood } from "../neighbourhood.ts";
import { ABSENT, dense, gathered, segments, sparseLocal, window } from "../vicinity.ts";
import { attention, splitParts } from "./attention.ts";

const DENSE: readonly AttentionCase[] = [
  ...[1, 7, 33, 65, 130].map((queries) => ({ vicinity: dense(), queries })),
  { vicinity: dense(), batch: 2, heads: 3, queries: 17, keys: 5, width: 8 },
  ...[4, 24, 32, 64, 128].map((width) => ({
    vicinity: dense(),
    heads: 2,
    queries: 40,
    keys: 33,
    width,
  })),
];

const DENSE_EXTRAS: readonly AttentionCase[] = [
  { vicinity: dense(), batch: 2, heads: 2, queries: 19, keys: 37, bias: [2, 2, 19, 37] },
  { vicinity: dense(), batch: 2, heads: 2, queries: 19, keys: 37, bias: [1, 2, 19, 37] },
  { vicinity: dense(), batch: 2, heads: 2, queries: 9, keys: 70, masked: true },
];

const FEW = { queries: [[3, 1], [0, 2, 4]], keys: [[0, 5, 9, 2, 7], [1]] };

const GATHERED: readonly AttentionCase[] = [
  { vicinity: window({ grid: [8, 12], size: [4, 4] }), queries: 96, heads: 2, width: 24 },
  { vicinity: window({ grid: [7, 5], size: [3, 2], shift: [1, 1] }), queries: 35, batch: 2 },
  { vicinity: window({ grid: [14, 14], size: [7, 7] }), queries: 196, bias: [1, 1, 49, 49] },
  { vicinity: window({ grid: [4, 6], size: [2, 3] }), queries: 24, heads: 2, bias: [4, 2, 6, 6] },
  {
    vicinity: window({ grid: [5, 5], size: [3, 4], shift: [1, 2] }),
    queries: 25,
    heads: 2,
    bias: [1, 2, 12, 12],
  },
  { vicinity: gathered(FEW), queries: 5, keys: 10, width: 12 },
  { vicinity: gathered(FEW), batch: 2, queries: 6, keys: 10, masked: true },
  {
    vicinity: gathered({
      queries: [[0, 1, 2, 3]],
      headKeys: [[[4, 0]], [[1, 2, 3]], [[]]],
    }),
    heads: 3,
    queries: 4,
    keys: 5,
  },
  { vicinity: sparseLocal({ grid: [3, 6, 8], window: [3, 4], topk: 1 }), queries: 144, heads: 2 },
  { vicinity: sparseLocal({ grid: [2, 5, 7], window: [2, 3], topk: 2 }), queries: 70, width: 20 },
  { vicinity: sparseLocal({ grid: [1, 4, 4], window: [4, 4], topk: 1 }), queries: 16 },
  { vicinity: sparseLocal({ grid: [1, 4, 8], window: [4, 4], topk: 9 }), queries: 32, batch: 2 },
];

Deno.test("dense attention agrees with float64 in every variant", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const which of DENSE) await assertCase(gpu, which, runnableVariants(gpu));
});

Deno.test("a bias is added to the scores, masked keys are not seen", async () => {
  using gpu = await open({ defaultLimits: true });
  const variants = runnableVariants(gpu).filter((variant) => variant !== "scores");
  for (const which of DENSE_EXTRAS) await assertCase(gpu, which, variants);
});

Deno.test("windows, lists and selected windows agree with float64 in every variant", async () => {
  using gpu = await open({ defaultLimits: true });
  const variants = runnableVariants(gpu).filter((variant) => variant !== "scores");
  for (const which of GATHERED) await assertCase(gpu, which, variants);
});

Deno.test("stretches of any length agree with float64 in every variant", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  const variants = runnableVariants(gpu).filter((variant) => variant !== "scores");
  for (const lengths of [[1], [3, 0, 7, 1], [36, 17, 35, 2, 0, 20], [90, 8, 33, 64, 65]]) {
    const listed = lengths.reduce((sum, length) => sum + length, 0);
    const tokens = listed + 3;
    const draw = normalValues(tokens, listed);
    const order = Uint32Array.from(draw.keys()).sort((a, b) => (draw[a] ?? 0) - (draw[b] ?? 0));
    let end = 0;
    const starts = Uint32Array.from([0, ...lengths.map((length) => end += length)]);
    const vicinity = segments(order.slice(0, listed), starts);
    const which = { vicinity, queries: tokens, heads: 2, width: 12 };
    await assertCase(gpu, which, variants);
    await assertCase(gpu, { ...which, batch: 2, masked: true }, variants);
  }
});

Deno.test("stretches come into a plan, with room for more", async () => {
  using gpu = await open();
  const [heads, width, tokens, room] = [2, 8, 30, 7];
  const q = normalValues(heads * tokens * width, 5);
  using plan = gpu.plan({
    name: "stretches",
    inputs: {
      q: { shape: [1, heads, tokens, width] },
      order: { shape: [tokens], dtype: "u32" },
      starts: { shape: [room + 1], dtype: "u32" },
    },
    run: ({ q, order, starts }) => ({
      y: attention(q, q, q, vicinityFromSegments(order, starts, 12)),
    }),
  });
  for (const ends of [[12, 20, 30], [5, 6]]) {
    const order = Uint32Array.from({ length: tokens }, (_, token) => token * 7 % tokens);
    const starts = Uint32Array.from([0, ...ends]);
    const last = starts.at(-1) ?? 0;
    const padded = new Uint32Array(room + 1).fill(last);
    padded.set(starts);
    const [y = []] = await gpu.read([plan.run({ q, order, starts: padded }).y]);
    const expected = attentionReference({
      ...{ q, k: q, v: q, scale: 1 / Math.sqrt(width) },
      shape: { batch: 1, heads, queries: tokens, keys: tokens, width },
      vicinity: segments(order.slice(0, last), starts),
    });
    assertClose(y, expected, TOLERANCE, `${ends}`);
  }
});

Deno.test("random lists agree with float64, in any order of groups and keys", async () => {
  using gpu = await open();
  const [variant = "registers"] = runnableVariants(gpu);
  for (let seed = 1; seed <= 6; seed++) {
    const draw = normalValues(400, seed);
    const order = [...draw.keys()].sort((a, b) => (draw[a] ?? 0) - (draw[b] ?? 0));
    const [queries, keys] = [20 + seed * 17, 30 + seed * 23];
    const tokens = (count: number) => order.filter((token) => token < count);
    const cut = (list: readonly number[], length: number) =>
      Array.from(
        { length: Math.ceil(list.length / length) },
        (_, i) => list.slice(i * length, (i + 1) * length),
      );
    const groups = cut(tokens(queries), 3 * seed);
    const lists = groups.map((_, group) => tokens(keys).slice(group % 5, group % 5 + 9 * seed));
    const vicinity = gathered({ queries: groups, keys: lists });
    await assertCase(gpu, { vicinity, batch: 2, heads: 2, queries, keys, width: 8 }, [variant]);
  }
});

Deno.test("parts of a projection are the same whether they move or not", async () => {
  const values = normalValues(3 * 20, 1);
  for (const defaultLimits of [true, false]) {
    using gpu = await open({ defaultLimits });
    const parts = splitParts(gpu.tensor([3, 1, 1, 5, 4], values));
    const read = await gpu.read(parts.map((part) => attention(part, part, part, dense())));
    for (const [index, y] of read.entries()) {
      const q = values.subarray(index * 20, index * 20 + 20);
      const shape = { batch: 1, heads: 1, queries: 5, keys: 5, width: 4 };
      const expected = attentionReference({
        ...{ q, k: q, v: q, shape, vicinity: dense(), scale: 0.5 },
      });
      assertClose(y, expected, TOLERANCE, `part ${index}`);
    }
  }
});

Deno.test("the adapter's own choice agrees with float64", async () => {
  using gpu = await open();
  const [heads, tokens, width] = [2, 50, 12];
  const q = normalValues(heads * tokens * width, 1);
  const tensor = gpu.tensor([1, heads, tokens, width], q);
  const [y = []] = await gpu.read([attention(tensor, tensor, tensor, dense(), { scale: 0.2 })]);
  const shape = { batch: 1, heads, queries: tokens, keys: tokens, width };
  const expected = attentionReference({ q, k: q, v: q, shape, vicinity: dense(), scale: 0.2 });
  assertClose(y, expected, TOLERANCE, "chosen");
});

Deno.test("scores in memory come in chunks", async () => {
  using gpu = await open();
  const [heads, tokens, width] = [2, 3000, 4];
  const q = normalValues(heads * tokens * width, 4);
  const tensor = gpu.tensor([1, heads, tokens, width], q);
  const [scores = [], streamed = []] = await gpu.read([
    attention(tensor, tensor, tensor, dense(), { variant: "scores" }),
    attention(tensor, tensor, tensor, dense(), { variant: "registers" }),
  ]);
  assertClose(scores, streamed, TOLERANCE, "chunks");
});

Deno.test("outside of plans the scores of one chunk are in memory at once", async () => {
  using gpu = await open();
  const shape = [1, 2, 6000, 4];
  const x = gpu.tensor(shape, normalValues(sizeOf(shape), 4));
  const before = gpu.stats.liveBytes;
  const y = attention(x, x, x, dense(), { variant: "scores" });
  await gpu.read([y]);
  gpu.free(y);
  assert.equal(gpu.stats.liveBytes, before);
  // Scores and weights of a chunk, the last one smaller, and everything else.
  const [chunk, last] = [32 << 20, 24 << 20];
  assert(gpu.stats.peakBytes < 2 * (chunk + last) + (2 << 20), `${gpu.stats.peakBytes}`);
});

Deno.test("attention outside of plans leaves no memory behind but its result", async () => {
  using gpu = await open({ debug: true });
  const x = gpu.tensor([1, 2, 64, 8], normalValues(1024, 4));
  const bias = gpu.tensor([2, 5, 5], normalValues(50, 5));
  const near = prepareVicinity(gpu, neighbourhood({ grid: [8, 8], kernel: 3 }));
  const sparse = prepareVicinity(gpu, sparseLocal({ grid: [1, 8, 8], window: [2, 2], topk: 2 }));
  const before = gpu.stats.liveBytes;
  for (
    const run of [
      () => attention(x, x, x, sparse),
      () => attention(x, x, x, near),
      () => attention(x, x, x, near, { bias }),
      () => attention(x, x, x, dense(), { variant: "scores" }),
    ]
  ) {
    const y = run();
    await gpu.read([y]);
    gpu.free(y);
    assert.equal(gpu.stats.liveBytes, before, `${run}`);
  }
});

Deno.test("scores far apart leave no trace of overflow", async () => {
  using gpu = await open();
  const tokens = 40;
  const q = gpu.tensor([1, 1, tokens, 4], normalValues(tokens * 4, 1).map((value) => 300 * value));
  const v = gpu.tensor([1, 1, tokens, 4], new Float32Array(tokens * 4).fill(1));
  for (const variant of runnableVariants(gpu)) {
    const [y = []] = await gpu.read([attention(q, q, v, dense(), { variant })]);
    assertClose(y, new Float32Array(tokens * 4).fill(1), TOLERANCE, variant);
  }
});

Deno.test("without keys there are zeros, without queries there is nothing", async () => {
  using gpu = await open({ debug: true });
  const [some, none] = [gpu.tensor([1, 2, 3, 4], normalValues(24, 1)), gpu.empty([1, 2, 0, 4])];
  const noPictures = gpu.empty([0, 2, 3, 4]);
  for (const options of [{}, { variant: "scores" }] as const) {
    const [zeros = [], nothing = [], nobody = []] = await gpu.read([
      attention(some, none, none, dense(), options),
      attention(none, some, some, dense(), options),
      attention(noPictures, noPictures, noPictures, dense(), options),
    ]);
    assert.deepEqual([...zeros], Array(24).fill(0));
    assert.equal(nothing.length, 0);
    assert.equal(nobody.length, 0);
  }
});

Deno.test("attention runs in plans, on the parts of a split projection", async () => {
  using gpu = await open();
  const [tokens, heads, width] = [24, 2, 8];
  const channels = heads * width;
  const weight = packWeight(gpu, normalValues(3 * channels * channels, 1), [
    3 * channels,
    channels,
  ]);
  const windows = prepareVicinity(gpu, window({ grid: [4, 6], size: [2, 3] }));
  const forward = (x: Parameters<typeof linear>[0]) => {
    const [q, k, v] = splitParts(linear(x, weight, { heads: { parts: 3, heads } }));
    assert(q && k && v);
    return { q, k, v, y: attention(q, k, v, windows) };
  };
  using plan = gpu.plan({
    name: "windows",
    inputs: { x: { shape: [1, tokens, channels] } },
    run: ({ x }) => ({ y: forward(x).y }),
  });
  const x = normalValues(tokens * channels, 2);
  const [planned = []] = await gpu.read([plan.run({ x }).y]);
  const eager = forward(gpu.tensor([1, tokens, channels], x));
  const [q = [], k = [], v = [], y = []] = await gpu.read([eager.q, eager.k, eager.v, eager.y]);
  const shape = { batch: 1, heads, queries: tokens, keys: tokens, width };
  const vicinity = window({ grid: [4, 6], size: [2, 3] });
  const scale = 1 / Math.sqrt(width);
  assertClose(y, attentionReference({ q, k, v, shape, vicinity, scale }), TOLERANCE, "eager");
  assert.deepEqual(planned, y);
});

Deno.test("tables made on the GPU may leave out queries, which then give zeros", async () => {
  using gpu = await open({ debug: true });
  const q = normalValues(6 * 4, 1);
  const tensor = gpu.tensor([1, 1, 6, 4], q);
  const queries = gpu.tensor([2, 3], Uint32Array.of(0, 1, ABSENT, 4, ABSENT, 2));
  const keys = gpu.tensor([2, 2], Uint32Array.of(5, 1, ABSENT, 3));
  const vicinity = gathered({ queries: [[0, 1], [4, 2]], keys: [[5, 1], [3]] });
  const shape = { batch: 1, heads: 1, queries: 6, keys: 6, width: 4 };
  const expected = attentionReference({ q, k: q, v: q, shape, vicinity, scale: 0.5 });
  const [y = []] = await gpu.read([
    attention(tensor, tensor, tensor, vicinityFromTables(queries, keys)),
  ]);
  assertClose(y, expected, TOLERANCE, "tables");
  assert.throws(() => vicinityFromTables(queries, gpu.empty([3, 2], "u32")), /by tables/);
});

Deno.test("attention names what does not fit", async () => {
  using gpu = await open();
  const odd = gpu.empty([1, 1, 4, 6]);
  assert.throws(() => attention(odd, odd, odd, dense()), /a multiple of 4/);
  const q = gpu.empty([1, 2, 16, 4]);
  const windows = prepareVicinity(gpu, window({ grid: [4, 5], size: [2, 2] }));
  assert.throws(() => attention(q, q, q, windows), /names token 19/);
  const perHead = prepareVicinity(
    gpu,
    gathered({ queries: [[0]], headKeys: [[[1]], [[1]], [[1]]] }),
  );
  assert.throws(() => attention(q, q, q, perHead), /2 heads: .* 3 heads/);
  const bias = gpu.empty([1, 2, 16, 15]);
  assert.throws(() => attention(q, q, q, dense(), { bias }), /\[1 or 1, 1 or 2, 16, 16\]/);
  assert.throws(() => attention(q, q, q, dense(), { mask: gpu.empty([1, 16]) }), /give u32/);
  const half = gpu.empty([1, 2, 16, 4], "f16");
  assert.throws(() => attention(half, q, q, dense()), /q is f16 \[1,2,16,4\]/);
  assert.throws(() => attention(q, half, q, dense()), /k is f16/);
  assert.throws(() => attention(q, q, half, dense()), /v is f16/);
  const counts = gpu.empty([1, 2, 16, 16], "u32");
  assert.throws(() => attention(q, q, q, dense(), { bias: counts }), /bias is u32/);
  const sparse = prepareVicinity(gpu, sparseLocal({ grid: [1, 4, 4], window: [2, 2], topk: 1 }));
  assert.throws(() => attention(q, q, q, sparse, { bias }), /no fixed places/);
  assert.throws(() => attention(q, q, q, sparse, { variant: "scores" }), ShapeError);
  assert.throws(() => gathered({ queries: [[0]], keys: [] }), ShapeError);
  assert.throws(() => window({ grid: [0, 4], size: [2, 2] }), ShapeError);
});

Deno.test("results go into channels of a wider tensor, groups of batches behind each other", async () => {
  using gpu = await open({ debug: true });
  const [batch, groups, heads, tokens, width] = [2, 2, 3, 11, 8];
  const shape = [groups * batch, heads, tokens, width];
  const [q, k, v] = [1, 2, 3].map((seed) =>
    gpu.tensor(shape, normalValues(groups * batch * heads * tokens * width, seed))
  );
  assert.ok(q && k && v);
  const channels = 4 + groups * heads * width + 4;
  for (const variant of runnableVariants(gpu).filter((name) => name !== "scores")) {
    const tensor = gpu.tensor(
      [batch, tokens, channels],
      new Float32Array(batch * tokens * channels),
    );
    const plain = attention(q, k, v, dense(), { variant });
    attention(q, k, v, dense(), { variant, into: { tensor, channel: 4 } });
    const [alone = [], wide = []] = await gpu.read([plain, tensor]);
    const expected = new Float32Array(batch * tokens * channels);
    alone.forEach((value, at) => {
      const [z, rest] = [Math.floor(at / (tokens * heads * width)), at % (tokens * heads * width)];
      const row = z % batch * tokens + Math.floor(rest / (heads * width));
      const group = Math.floor(z / batch);
      expected[row * channels + 4 + group * heads * width + rest % (heads * width)] = value;
    });
    assert.deepEqual(wide, expected, variant);
  }
  const narrow = { tensor: gpu.empty([batch, tokens, 48]), channel: 4 };
  assert.throws(() => attention(q, k, v, dense(), { into: narrow }), /with room for it/);
});

Deno.test("more pairs of a picture and a head than a grid is deep are all attended", async () => {
  using gpu = await open();
  const [batch, heads, tokens, width] = [35_000, 2, 9, 4];
  const x = normalValues(batch * heads * tokens * width, 6);
  const tensor = gpu.tensor([batch, heads, tokens, width], x);
  const near = prepareVicinity(gpu, neighbourhood({ grid: [3, 3], kernel: 3 }));
  const size = heads * tokens * width;
  const last = gpu.tensor([1, heads, tokens, width], x.slice(-size));
  const [expected = []] = await gpu.read([attention(last, last, last, dense())]);
  const all = runnableVariants(gpu).map((variant) => [dense(), variant] as const);
  const patches = [[near, "patches"], [near, "registers"]] as const;
  for (const [vicinity, variant] of [...all, ...broadcastLanes(gpu.caps) ? patches : []]) {
    using _scope = gpu.scope();
    const [y = []] = await gpu.read([attention(tensor, tensor, tensor, vicinity, { variant })]);
    assertClose(y.slice(-size), expected, TOLERANCE, variant);
  }
});
