/** Kinds that need no network: numbers that the host makes. */
import {
  axisRope,
  blendedTiles,
  blendWeights,
  counterNoise,
  detailChange,
  hashUniforms,
  resizeImage,
  ropeSplit,
  sampleDetailTimes,
  timeEmbedding,
  unitOf,
} from "@vicinity/simplegvr";
import type { ResampleFilter } from "@vicinity/tensor";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";
import { sizeOf } from "../layout.ts";
import type { Produced } from "../runner.ts";

/** Noise of a seed, from an absolute frame on. */
export async function* runNoise(golden: GoldenCase): AsyncGenerator<Produced> {
  const { shape } = await golden.tensor("output.noise");
  const [channels = 0, frames = 0, rows = 0, cols = 0] = shape;
  yield {
    name: "output.noise",
    values: counterNoise({
      seed: golden.number("seed"),
      purpose: "noise",
      firstFrame: golden.number("first_frame"),
      shape: [channels, frames, rows, cols],
    }),
  };
}

/** First values of the streams that names open; outputs and names are in the same order. */
export async function* runHashUniform(golden: GoldenCase): AsyncGenerator<Produced> {
  const names = golden.json("names");
  for (const [index, name] of golden.names("output.").sort().entries()) {
    const stream = Array.isArray(names) ? names[index] : undefined;
    const { shape } = await golden.tensor(name);
    yield { name, values: hashUniforms(String(stream), sizeOf(shape)) };
  }
}

/** Time embedding and the rotations of the three axes. */
export async function* runEmbeddings(golden: GoldenCase): AsyncGenerator<Produced> {
  const { values: times } = await golden.tensor("input.t");
  const { values: positions } = await golden.tensor("input.positions");
  yield { name: "output.sin_emb", values: timeEmbedding(times, golden.number("freq_dim")) };
  const split = ropeSplit(golden.number("head_dim"));
  for (const axis of ["frame", "row", "col"] as const) {
    const { cos, sin } = axisRope(positions, split[axis]);
    yield { name: `output.rope_${axis}_cos`, values: cos };
    yield { name: `output.rope_${axis}_sin`, values: sin };
  }
}

/** The unit of every frame; the output's name holds the number of frames and the layer's parity. */
export async function* runTemporalUnits(golden: GoldenCase): AsyncGenerator<Produced> {
  const rule = { unit: golden.number("unit"), shift: golden.number("shift") };
  for (const name of golden.names("output.")) {
    const layer = Number(/parity(\d+)$/.exec(name)?.[1]);
    const { values } = await golden.tensor(name);
    yield { name, values: values.map((_, frame) => unitOf(frame, layer, rule)) };
  }
}

/** Tile lists, and the sum of all blending weights at each place. */
export async function* runTiles(golden: GoldenCase): AsyncGenerator<Produced> {
  const cases = golden.json("cases");
  if (!Array.isArray(cases)) throw new GoldenError(`Cannot run ${golden.path}: no list of cases.`);
  for (const [index, numbers] of cases.entries()) {
    const [rows, cols, height, width, down, across] = await Promise.resolve(numbers);
    const grid = { rows, cols };
    const tiles = blendedTiles(grid, { rows: height, cols: width }, { rows: down, cols: across });
    yield {
      name: `output.${index}.tiles`,
      values: tiles.flatMap(({ top, bottom, left, right }) => [top, bottom, left, right]),
    };
    const sum = new Float64Array(rows * cols);
    for (const tile of tiles) {
      const weights = blendWeights(tile, grid, { rows: height - down, cols: width - across });
      const span = tile.right - tile.left;
      weights.forEach((weight, at) => {
        const place = (tile.top + Math.floor(at / span)) * cols + tile.left + at % span;
        sum[place] = (sum[place] ?? 0) + weight;
      });
    }
    yield { name: `output.${index}.weight_sum`, values: sum };
  }
}

/** Where detail appears, and times drawn from that density. */
export async function* runDetailSampler(golden: GoldenCase): AsyncGenerator<Produced> {
  const { shape, values } = await golden.tensor("input.x0");
  const [steps = 0] = shape;
  const [rows = 0, cols = 0] = shape.slice(-2);
  const change = detailChange({ values, steps, planes: sizeOf(shape.slice(1, -2)), rows, cols });
  const total = change.reduce((sum, value) => sum + value, 0);
  const { values: uniforms } = await golden.tensor("input.uniform");
  yield { name: "output.detail_change", values: change };
  yield { name: "output.pdf", values: change.map((value) => value / total) };
  yield { name: "output.t", values: sampleDetailTimes(change, uniforms) };
}

const FILTERS: readonly ResampleFilter[] = ["bicubic", "lanczos", "bilinear", "box"];

/** One image in many sizes; the output's name holds the filter, its shape the size. */
export async function* runResize(golden: GoldenCase): AsyncGenerator<Produced> {
  const { shape, values } = await golden.tensor("input.image");
  const [fromRows = 0, fromCols = 0, channels = 1] = shape;
  for (const name of golden.names("output.")) {
    const filter = FILTERS.find((filter) => name.startsWith(`output.${filter}_`));
    if (filter === undefined) continue;
    const { shape: [rows = 0, cols = 0] } = await golden.tensor(name);
    const from = { rows: fromRows, cols: fromCols, channels };
    yield { name, values: resizeImage(values, from, { rows, cols }, filter) };
  }
}
