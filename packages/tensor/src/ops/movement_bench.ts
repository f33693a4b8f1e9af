/** Wall time of operations that move values: resizing, shuffles, layouts, rows and samples. */
import { open } from "../gpu/open.ts";
import { benchOperation, benchValues } from "../testing/bench.ts";
import { concat, permute, slice } from "./movement.ts";
import { pad } from "./pad.ts";
import { pixelShuffle } from "./pixel_shuffle.ts";
import { resize } from "./resize.ts";
import { gatherRows, scatterRows } from "./rows.ts";
import { floatToSamples, samplesToFloat } from "./samples.ts";

const gpu = await open();

const frame = benchValues(gpu, [1, 720, 1280, 3]);
const small = benchValues(gpu, [1, 360, 640, 3]);
const packed = benchValues(gpu, [1, 90, 160, 192]);
const features = benchValues(gpu, [2, 90, 160, 64]);
const numbers = gpu.tensor([28800], Uint32Array.from({ length: 28800 }, (_, i) => i * 7 % 28800));
const words = gpu.tensor([720 * 1280 * 3 / 4], new Uint32Array(720 * 1280 * 3 / 4));
const rows = benchValues(gpu, [28800, 192]);

benchOperation(
  gpu,
  "resize bicubic 360x640x3 to 720x1280",
  () => resize(small, [720, 1280], { filter: "bicubic" }),
);
benchOperation(
  gpu,
  "resize bicubic 720x1280x3 to 360x640",
  () => resize(frame, [360, 640], { filter: "bicubic" }),
);
benchOperation(gpu, "shuffle 90x160x192 by 8", () => pixelShuffle(packed, 8));
benchOperation(
  gpu,
  "shuffle 90x160x192 by 8, added",
  () => pixelShuffle(packed, 8, { residual: frame, scale: 0.5 }),
);
benchOperation(gpu, "permute 2x90x160x64 by 0213", () => permute(features, [0, 2, 1, 3]));
benchOperation(gpu, "permute 2x90x160x64 by 0312", () => permute(features, [0, 3, 1, 2]));
benchOperation(gpu, "concat 2x90x160x64 on channels", () => concat([features, features], 3));
benchOperation(gpu, "slice 32 of 64 channels", () => slice(features, 3, 16, 32));
benchOperation(
  gpu,
  "pad 720x1280x3 by 8",
  () => pad(frame, { top: 8, bottom: 8, left: 8, right: 8 }, "replicate"),
);
benchOperation(gpu, "rows 28800x192 gathered", () => gatherRows(rows, numbers));
benchOperation(gpu, "rows 28800x192 scattered", () => scatterRows(rows, numbers, 28800));
benchOperation(gpu, "samples of 720x1280x3 to floats", () => samplesToFloat(words, [720, 1280, 3]));
benchOperation(
  gpu,
  "samples of 720x1280x3 from floats",
  () => floatToSamples(frame, { scale: 255 }),
);
const deepWords = gpu.tensor([720 * 1280 * 3 / 2], new Uint32Array(720 * 1280 * 3 / 2));
benchOperation(
  gpu,
  "samples of 16 bits of 720x1280x3 to floats",
  () => samplesToFloat(deepWords, [720, 1280, 3], { bits: 16 }),
);
benchOperation(
  gpu,
  "samples of 16 bits of 720x1280x3 from floats",
  () => floatToSamples(frame, { scale: 65535, bits: 16 }),
);
