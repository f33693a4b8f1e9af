/**
 * Kernel times of operations at the shapes of real models, by timestamp queries on the adapter that
 * is here. Rounds over all rows alternate, so that a busy moment does not hit one row alone. Then
 * the stages of detection in a real scan, and whole networks beside the rate of a matrix product.
 *
 * @module
 */
import {
  attention,
  dense,
  neighbourhood,
  prepareVicinity,
  sparseLocal,
  window,
} from "@vicinity/attention";
import {
  channelNorm,
  conv2d,
  conv3d,
  groupNorm,
  layerNorm,
  linear,
  matmul,
  open,
  packWeight,
  pointwise,
  reshape,
  resize,
  sizeOf,
  softmax,
  type Tensor,
  topK,
} from "@vicinity/tensor";
import { roiAlign, suppress } from "@vicinity/vision";
import { isNamed, readArguments, refuseUnknown, wholeNumber } from "./arguments.ts";
import { currentCommit, keepRun, type OperationTimes } from "./bench_runs.ts";
import { NETWORKS } from "./networks/networks.ts";
import { networkLines, type NetworkTimes, networkTimes } from "./networks/times.ts";
import { print, tell } from "./print.ts";
import { scanTimes, stageLines } from "./scan_stages/stages.ts";
import { warmUp } from "./warm_up.ts";

/** One operation at one shape. */
interface Row {
  readonly name: string;
  readonly run: () => void;
}

const USAGE = `deno task bench [PART OF A NAME...] [--rounds 7] [--json]

Times operations, the stages of detection in a scan, and networks on the adapter that is here; with
words only what has one of them in its name. --json prints the run as JSON and keeps it in .cache/bench
for deno task bench:report.`;

const { values: options, positionals: words } = readArguments(USAGE, {
  json: { type: "boolean", default: false },
  rounds: { type: "string", default: "7" },
}, Infinity);
const rounds = wholeNumber(USAGE, "--rounds", options.rounds);

const gpu = await open();

/** A tensor of values in [-1, 1) that look random. */
function values(...shape: number[]): Tensor {
  return gpu.tensor(
    shape,
    Float32Array.from({ length: sizeOf(shape) }, (_, i) => (i * 2654435761 >>> 0) / 2 ** 31 - 1),
  );
}

function weight(...shape: number[]) {
  const scale = 1 / Math.sqrt(sizeOf(shape.slice(1)));
  const data = Float32Array.from(
    { length: sizeOf(shape) },
    (_, i) => ((i * 2246822519 >>> 0) / 2 ** 31 - 1) * scale,
  );
  return packWeight(gpu, data, shape);
}

/** Sets a row up on first use, so that rows that are left out take no memory. */
function row<Operands>(name: string, make: () => Operands, run: (operands: Operands) => void): Row {
  let operands: { readonly value: Operands } | undefined;
  return {
    name,
    run: () => {
      operands ??= { value: make() };
      using _scope = gpu.scope();
      run(operands.value);
    },
  };
}

function convolution(channels: number, height: number, width: number): Row {
  return row(
    `conv2d 3x3 ${channels}->${channels} ${height}x${width}`,
    () => ({ x: values(1, height, width, channels), w: weight(channels, channels, 3, 3) }),
    ({ x, w }) => conv2d(x, w, { padding: 1 }),
  );
}

function videoConvolution(channels: number, height: number, width: number): Row {
  return row(
    `conv3d 3x3x3 ${channels}->${channels} 4x${height}x${width}`,
    () => ({
      x: values(4, height, width, channels),
      history: values(2, height, width, channels),
      w: weight(channels, channels, 3, 3, 3),
    }),
    ({ x, history, w }) => conv3d(x, w, { padding: 1, history }),
  );
}

/** Boxes of many sizes in a picture of 800 × 1216. */
function regions(count: number): Tensor {
  const unit = (index: number) => (index * 2654435761 >>> 0) / 2 ** 32;
  const boxes = Array.from({ length: count }, (_, index) => {
    const [x, y, side] = [1000 * unit(4 * index), 600 * unit(4 * index + 1), unit(4 * index + 2)];
    return [x, y, x + 16 + 200 * side ** 2, y + 16 + 180 * side];
  });
  return gpu.tensor([count, 4], Float32Array.from(boxes.flat()));
}

function qkv(heads: number, tokens: number, width: number): [Tensor, Tensor, Tensor] {
  const one = () => values(1, heads, tokens, width);
  return [one(), one(), one()];
}

function neighbours(name: string, heads: number, side: number, dilation: number): Row {
  return row(
    `attention neighbours 7x7 ${name}`,
    () => ({
      heads: qkv(heads, side ** 2, 32),
      vicinity: neighbourhood({ grid: [side, side], kernel: 7, dilation }),
      bias: values(heads, 13, 13),
    }),
    ({ heads: [q, k, v], vicinity, bias }) => attention(q, k, v, vicinity, { bias }),
  );
}

const operations: readonly Row[] = [
  row(
    "matmul 1024x1024x1024",
    () => values(1024, 1024),
    (x) => matmul(x, x),
  ),
  convolution(64, 128, 128),
  row(
    "layer norm 4096x768",
    () => ({ x: values(4096, 768), w: values(768) }),
    ({ x, w }) => layerNorm(x, { weight: w, bias: w }),
  ),
  row(
    "attention h8 n1024 d64",
    () => qkv(8, 1024, 64),
    ([q, k, v]) => attention(q, k, v, dense()),
  ),
  row(
    "linear 1024x1024x1024",
    () => ({ x: values(1024, 1024), w: weight(1024, 1024) }),
    ({ x, w }) => linear(x, w),
  ),
  row(
    "linear GELU 4096x256->1024",
    () => ({ x: values(4096, 256), w: weight(1024, 256), bias: values(1024) }),
    ({ x, w, bias }) => linear(x, w, { bias, activation: "gelu_tanh" }),
  ),
  convolution(32, 144, 256),
  convolution(16, 144, 256),
  videoConvolution(48, 72, 128),
  videoConvolution(16, 144, 256),
  row(
    "attention windows 12x12 h6 n2304 d32",
    () => ({
      heads: qkv(6, 2304, 32),
      vicinity: prepareVicinity(gpu, window({ grid: [48, 48], size: [12, 12] })),
    }),
    ({ heads: [q, k, v], vicinity }) => attention(q, k, v, vicinity),
  ),
  row(
    "attention dense h6 n2304 d32",
    () => qkv(6, 2304, 32),
    ([q, k, v]) => attention(q, k, v, dense()),
  ),
  neighbours("h6 48x48 d32", 6, 48, 1),
  neighbours("h2 128x128 d32, DiNAT-Mini at 512", 2, 128, 1),
  neighbours("h2 128x128 d32 dilated 16, DiNAT-Mini at 512", 2, 128, 16),
  row(
    "attention sparse local h8 n2304 d24",
    () => ({
      heads: qkv(8, 2304, 24),
      vicinity: prepareVicinity(
        gpu,
        sparseLocal({ grid: [4, 18, 32], window: [6, 8], topk: 3 }),
      ),
    }),
    ({ heads: [q, k, v], vicinity }) => attention(q, k, v, vicinity),
  ),
  row(
    "channel norm 147456x16",
    () => ({ x: values(147456, 16), gamma: values(16) }),
    ({ x, gamma }) => channelNorm(x, gamma, { activation: "silu" }),
  ),
  row(
    "group norm 128x128x128 in 32",
    () => values(1, 128, 128, 128),
    (x) => groupNorm(x, { groups: 32 }),
  ),
  row("softmax 4096x1024", () => values(4096, 1024), (x) => softmax(x)),
  row(
    "pointwise a + b * silu(c), 4194304",
    () => values(1024, 4096),
    (x) => pointwise("a + b * silu(c)", { a: x, b: x, c: x }),
  ),
  row(
    "resize bicubic 144x256x3 to 288x512",
    () => values(1, 144, 256, 3),
    (x) => resize(x, [288, 512], { filter: "bicubic" }),
  ),
  row("top 1000 of 182400", () => values(182400), (x) => topK(x, 1000)),
  row(
    "roi align 1000 to 7x7x256",
    () => ({
      maps: [0, 1, 2, 3].map((level) => values(1, 200 >> level, 304 >> level, 256)),
      regions: regions(1000),
    }),
    ({ maps, regions }) =>
      roiAlign(maps, regions, {
        size: 7,
        strides: [4, 8, 16, 32],
        finestScale: 56,
        samplingRatio: 0,
      }),
  ),
  row(
    "suppress 5x1000",
    () => ({ boxes: regions(5000), scores: values(5, 1000) }),
    ({ boxes, scores }) => suppress(reshape(boxes, [5, 1000, 4]), scores, 0.7),
  ),
];

/** Milliseconds, operations and bytes of one round of a row. */
async function measure({ run }: Row) {
  const times = await gpu.profile(run);
  const sum = (of: (time: (typeof times)[number]) => number) =>
    times.reduce((total, time) => total + of(time), 0);
  return {
    dispatches: times.length,
    ms: sum(({ ns }) => ns) / 1e6,
    flops: sum(({ flops }) => flops),
    bytes: sum(({ bytes }) => bytes),
  };
}

async function operationResults(rows: readonly Row[]): Promise<OperationTimes[]> {
  for (const row of rows) await measure(row);
  const measured = rows.map((): Awaited<ReturnType<typeof measure>>[] => []);
  for (let round = 0; round < rounds; round++) {
    await warmUp(gpu);
    for (const [index, row] of rows.entries()) measured[index]?.push(await measure(row));
  }
  return rows.map(({ name }, index) => {
    const sorted = (measured[index] ?? []).toSorted((a, b) => a.ms - b.ms);
    const { ms: minMs = NaN, flops = 0, bytes = 0, dispatches = 0 } = sorted[0] ?? {};
    return {
      name,
      dispatches,
      minMs,
      medianMs: sorted[sorted.length >> 1]?.ms ?? NaN,
      gflops: flops / minMs / 1e6,
      gigabytesPerSecond: bytes / minMs / 1e6,
    };
  });
}

/** A turn of an Ouster OS-1-32 in a street, up to 24 m. */
const STREET = new URL("../fixtures/lidar/street.bin", import.meta.url);

/**
 * Detectors whose stages are timed, by the names of their rows, and how many rounds at most: a turn of
 * the published one is 700 GFLOP.
 */
const SCANS = [
  { name: "scan dsvt-mini", detector: "dsvt-mini", most: Infinity },
  { name: "scan dsvt-waymo-pillar", detector: "dsvt-waymo-pillar", most: 1 },
];

async function scanResults(scans: typeof SCANS) {
  if (scans.length === 0) return [];
  const file = { name: "street.bin", bytes: await Deno.readFile(STREET) };
  const times = [];
  for (const { detector, most } of scans) {
    times.push(await scanTimes(gpu, file, detector, Math.min(rounds, most)));
  }
  return times;
}

function printOperations(times: readonly OperationTimes[]): void {
  if (times.length === 0) return;
  const line = (name: string, cells: readonly string[]) =>
    print(name.padEnd(40) + cells.map((cell) => cell.padStart(11)).join(""));
  print("");
  line("operation", ["min ms", "median ms", "GFLOP/s", "GB/s", "dispatches"]);
  for (const { name, minMs, medianMs, gflops, gigabytesPerSecond, dispatches } of times) {
    const numbers = [minMs, medianMs, gflops, gigabytesPerSecond].map((value) => value.toFixed(2));
    line(name, [...numbers, `${dispatches}`]);
  }
}

async function networkResults(names: readonly string[]): Promise<NetworkTimes[]> {
  const times = [];
  for (const name of names) times.push(await networkTimes(gpu, name, rounds));
  return times;
}

if (!gpu.caps.timestamps) {
  tell("Cannot measure: this adapter has no timestamp queries. Use another driver.");
  Deno.exit(1);
}
const networkNames = Object.keys(NETWORKS);
refuseUnknown(USAGE, words, [
  ...[...operations, ...SCANS].map(({ name }) => name),
  ...networkNames,
]);
const named = <Thing extends { readonly name: string }>(things: readonly Thing[]) =>
  things.filter(({ name }) => isNamed(name, words));
const adapter = gpu.caps.description || `${gpu.caps.vendor} ${gpu.caps.architecture}`;
const measured = await operationResults(named(operations));
const scans = await scanResults(named(SCANS));
const networks = await networkResults(networkNames.filter((name) => isNamed(name, words)));
if (options.json) {
  const run = {
    commit: await currentCommit(),
    date: new Date().toISOString(),
    adapter,
    deno: Deno.version.deno,
    results: measured,
    scans: scans.map(({ kernels: _, ...rest }) => rest),
    networks,
  };
  await keepRun(run);
  print(JSON.stringify(run, null, 2));
} else {
  print(`${adapter}, Deno ${Deno.version.deno}, kernel times of ${rounds} rounds`);
  printOperations(measured);
  for (const text of [...scans.flatMap(stageLines), ...networks.flatMap(networkLines)]) print(text);
}
gpu.dispose();
