import assert from "node:assert/strict";
import { type Checkpoint, findModel, type NetworkOptions } from "@vicinity/checkpoint";
import { openModel } from "@vicinity/checkpoint/deno";
import * as dinat from "@vicinity/dinat";
import { LidarDetector } from "@vicinity/dsvt";
import * as favit from "@vicinity/favit";
import { decodeImage, readPoints, toRgb } from "@vicinity/media";
import { ForgeryLocalizer } from "@vicinity/relayformer";
import { Upscaler } from "@vicinity/simplegvr";
import { type Gpu, open } from "@vicinity/tensor";
import type { ModelLoader, RgbPicture } from "@vicinity/vision";

const FIXTURES = new URL("../fixtures/", import.meta.url);
const SIZE = 112;

type Options = Pick<NetworkOptions, "gpu" | "dtype"> & { readonly weights: Checkpoint };

/** What a model says of some input, in numbers. */
type Look = (options: Options) => Promise<ArrayLike<number>>;

async function photo(): Promise<RgbPicture> {
  const bytes = await Deno.readFile(new URL("pictures/kingfisher.jpg", FIXTURES));
  const whole = toRgb(await decodeImage(bytes, { colors: "stored" }));
  const data = new Uint8Array(SIZE * SIZE * 3);
  const [top, left] = [(whole.height - SIZE) >> 1, (whole.width - SIZE) >> 1];
  for (let row = 0; row < SIZE; row++) {
    const from = ((top + row) * whole.width + left) * 3;
    data.set(whole.data.subarray(from, from + SIZE * 3), row * SIZE * 3);
  }
  return { width: SIZE, height: SIZE, data };
}

const classify = (loader: ModelLoader<dinat.ImageClassifier>): Look => async (options) => {
  using model = await loader.load(options);
  const found = await model.run(await photo(), { top: model.classes.length });
  return found.toSorted((a, b) => a.id - b.id).map(({ score }) => score);
};

const segment = (loader: ModelLoader<dinat.Segmenter>): Look => async (options) => {
  using model = await loader.load(options);
  return (await model.run(await photo())).labels;
};

const detect: Look = async (options) => {
  using model = await dinat.Detector.load(options);
  return (await model.run(await photo(), { scoreThreshold: 0.1 }))
    .flatMap(({ box, score }) => [score, ...box.map((side) => side / SIZE)]);
};

const detectInScan: Look = async (options) => {
  const bytes = await Deno.readFile(new URL("lidar/street.bin", FIXTURES));
  const cloud = await readPoints(bytes, { name: "street.bin" });
  using model = await LidarDetector.load(options);
  return (await model.run(cloud, { scoreThreshold: 0.5 }))
    .flatMap(({ score, center }) => [score, ...center.map((metres) => metres / 10)]);
};

const localize: Look = async (options) => {
  using model = await ForgeryLocalizer.load(options);
  return (await model.run(await photo())).probabilities;
};

const upscale: Look = async (options) => {
  using model = await Upscaler.load(options);
  const frames = [await photo()];
  const enlarged = model.upscale(frames, { width: SIZE, height: SIZE, scale: 2 });
  for await (const { data } of enlarged) return data;
  return [];
};

/** Models with the largest difference that weights of 16 bits may make, as a share of the numbers. */
const TRIALS: Readonly<Record<string, readonly [Look, number]>> = {
  "simplegvr-mini-xs": [upscale, 0.002],
  "dinat-fashion": [classify(dinat.ImageClassifier), 0.002],
  "dinat-sky-animal": [segment(dinat.Segmenter), 0.02],
  "dinat-animal-boxes": [detect, 0.005],
  "dsvt-mini": [detectInScan, 0.005],
  "favit-photo-type": [classify(favit.ImageClassifier), 0.002],
  "favit-sky-animal": [segment(favit.Segmenter), 0.02],
  "relayformer-mini": [localize, 0.01],
};

/** Root of the mean square of differences, as a share of that of the numbers. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const square = (values: readonly number[]) => values.reduce((sum, value) => sum + value ** 2, 0);
  const numbers = Array.from(a);
  return Math.sqrt(square(numbers.map((value, i) => value - (b[i] ?? 0))) / square(numbers));
}

async function look(gpu: Gpu, id: string, dtype: "f32" | "f16"): Promise<ArrayLike<number>> {
  const [run] = TRIALS[id] ?? [];
  assert.ok(run, `no trial for ${id}`);
  using weights = await openModel(findModel(id));
  return await run({ gpu, weights, dtype });
}

for (const [id, [, most]] of Object.entries(TRIALS)) {
  Deno.test(`${id} says the same with weights of 16 bits`, async () => {
    using gpu = await open();
    const whole = await look(gpu, id, "f32");
    const half = await look(gpu, id, "f16");
    assert.ok(whole.length > 0);
    assert.equal(half.length, whole.length);
    const found = difference(whole, half);
    assert.ok(found <= most, `they differ by ${found}`);
  });
}
