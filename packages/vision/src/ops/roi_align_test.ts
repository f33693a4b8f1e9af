import assert from "node:assert/strict";
import { open, ShapeError } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { type ReferenceMap, roiAlignReference } from "../reference/roi_align.ts";
import { testBoxes } from "../testing/boxes.ts";
import { roiAlign, type RoiAlignOptions } from "./roi_align.ts";

interface Case {
  readonly picture: readonly [number, number];
  readonly channels: number;
  readonly regions: number;
  readonly options: RoiAlignOptions;
}

const CASES: readonly Case[] = [
  {
    picture: [17, 33],
    channels: 1,
    regions: 1,
    options: { size: 1, strides: [1], finestScale: 56, samplingRatio: 0 },
  },
  {
    picture: [65, 40],
    channels: 5,
    regions: 23,
    options: { size: 7, strides: [4], finestScale: 56, samplingRatio: 0 },
  },
  {
    picture: [130, 257],
    channels: 8,
    regions: 31,
    options: { size: 3, strides: [4, 8, 16], finestScale: 20, samplingRatio: 2 },
  },
  {
    picture: [320, 200],
    channels: 4,
    regions: 29,
    options: { size: 14, strides: [4, 8, 16, 32, 64, 128], finestScale: 8, samplingRatio: 0 },
  },
];

function mapsOf({ picture: [height, width], channels, options }: Case): ReferenceMap[] {
  return options.strides.map((stride, level) => {
    const [rows, columns] = [Math.ceil(height / stride), Math.ceil(width / stride)];
    const values = unitValues(rows * columns * channels, level + 5);
    return { shape: [rows, columns, channels], values };
  });
}

Deno.test("pooled regions come from the level that suits them, samples outside count as zero", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const test of CASES) {
    const maps = mapsOf(test);
    const boxes = testBoxes(test.regions, test.picture, 2);
    const regions = Array.from(
      { length: test.regions },
      (_, index) => [...boxes.subarray(4 * index, 4 * index + 4)],
    );
    const y = roiAlign(
      maps.map(({ shape, values }) => gpu.tensor([1, ...shape], Float32Array.from(values))),
      gpu.tensor([test.regions, 4], boxes),
      test.options,
    );
    const { size } = test.options;
    assert.deepEqual(y.shape, [test.regions, size, size, test.channels]);
    const [values = []] = await gpu.read([y]);
    const expected = roiAlignReference(maps, regions, test.options);
    assertClose(values, expected, 1e-5, `${test.regions} regions of [${test.picture}]`);
  }
});

Deno.test("a bin of a whole number of pixels has that many samples", async () => {
  using gpu = await open();
  const options = { strides: [1], finestScale: 56, samplingRatio: 0 };
  for (const size of [7, 14]) {
    const side = 3 * size;
    const values = unitValues(side * side, size);
    const whole = [0.5, 0.5, side + 0.5, side + 0.5];
    const map: ReferenceMap = { shape: [side, side, 1], values };
    const [pooled = []] = await gpu.read([
      roiAlign(
        [gpu.tensor([1, side, side, 1], values)],
        gpu.tensor([1, 4], Float32Array.from(whole)),
        { ...options, size },
      ),
    ]);
    const expected = roiAlignReference([map], [whole], { ...options, size });
    assertClose(pooled, expected, 1e-6, `${size}`);
  }
});

Deno.test("pooling refuses maps that are missing or of other channels", async () => {
  using gpu = await open();
  const regions = gpu.tensor([1, 4], new Float32Array(4));
  const options = { size: 2, strides: [1, 2], finestScale: 56, samplingRatio: 0 };
  const map = gpu.tensor([1, 2, 2, 1], new Float32Array(4));
  const other = gpu.tensor([1, 1, 1, 2], new Float32Array(2));
  assert.throws(() => roiAlign([map], regions, options), ShapeError);
  assert.throws(() => roiAlign([map, other], regions, options), ShapeError);
});
