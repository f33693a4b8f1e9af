import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import type { DType, Tensor } from "../tensor.ts";
import { conv2d } from "./conv2d.ts";
import { conv3d } from "./conv3d.ts";
import { convTranspose2d, packTransposed } from "./conv_transpose.ts";
import { depthwiseConv2d, packDepthwise } from "./depthwise.ts";
import { groupNorm } from "./group_norm.ts";
import { linear } from "./linear.ts";
import { matmul } from "./matmul.ts";
import { fusedMlp } from "./mlp.ts";
import { layerNorm } from "./norm.ts";
import { packWeight } from "./packed_weight.ts";
import { pixelShuffle } from "./pixel_shuffle.ts";
import { softmax } from "./softmax.ts";

type Operation = (tensors: Readonly<Record<string, Tensor>>) => Tensor;

/** Shapes of the tensors that an operation takes by their names, and one that may be f16 alone. */
type Case = [Readonly<Record<string, readonly number[]>>, Operation, half?: string];

function operations(gpu: Gpu): Case[] {
  const pack = (...shape: number[]) =>
    packWeight(gpu, new Float32Array(shape.reduce((a, b) => a * b)), shape);
  const picture = [1, 4, 4, 8];
  const epilogue = { bias: [8], scale: [8], residual: picture };
  const [dense, video, filters] = [pack(8, 8), pack(8, 8, 1, 1, 1), new Float32Array(8)];
  const depthwise = packDepthwise(gpu, filters, [8, 1, 1, 1]);
  const transposed = packTransposed(gpu, new Float32Array(64), [8, 8, 1, 1], { stride: 1 });
  const point = pack(8, 8, 1, 1);
  return [
    [{ x: picture, ...epilogue }, ({ x = ABSENT, ...rest }) => linear(x, dense, rest)],
    [{ x: picture, ...epilogue }, ({ x = ABSENT, ...rest }) => conv2d(x, point, rest)],
    [
      { x: picture, history: picture, bias: [8], scale: [8] },
      ({ x = ABSENT, ...rest }) => conv3d(x, video, { ...rest, timePadding: 0 }),
    ],
    [
      { x: picture, ...epilogue },
      ({ x = ABSENT, ...rest }) => convTranspose2d(x, transposed, rest),
    ],
    [{ x: picture, ...epilogue }, ({ x = ABSENT, ...rest }) => depthwiseConv2d(x, depthwise, rest)],
    [
      { a: [8, 8], b: [8, 8], residual: [8, 8] },
      ({ a = ABSENT, b = ABSENT, ...rest }) => matmul(a, b, rest),
    ],
    [
      { x: picture, fc1: [8, 8], between: [1, 8], fc2: [8, 8], bias: [8], residual: picture },
      ({ x = ABSENT, fc1 = ABSENT, between = ABSENT, fc2 = ABSENT, bias = ABSENT, ...rest }) =>
        fusedMlp(x, { fc1, between, fc2, bias }, rest),
    ],
    [
      { x: picture, weight: [8], bias: [8], scale: [8], shift: [8], residual: picture },
      ({ x = ABSENT, ...rest }) => layerNorm(x, rest),
    ],
    [
      { x: picture, weight: [8], bias: [8] },
      ({ x = ABSENT, ...rest }) => groupNorm(x, { groups: 2, ...rest }),
    ],
    [{ x: picture, mask: [4, 8] }, ({ x = ABSENT, ...rest }) => softmax(x, rest)],
    [
      { x: picture, residual: [1, 8, 8, 2] },
      ({ x = ABSENT, ...rest }) => pixelShuffle(x, 2, rest),
      "x",
    ],
  ];
}

/** Stands for a tensor that a case leaves out, which none does. */
const ABSENT = {} as Tensor;

Deno.test("operations refuse tensors of a dtype that they do not take, and name them", async () => {
  using gpu = await open();
  for (const [shapes, operation, half] of operations(gpu)) {
    const tensors = Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [name, gpu.empty(shape)]),
    );
    operation(tensors);
    for (const [name, shape] of Object.entries(shapes)) {
      for (const dtype of ["f16", "u32", "i32"] as const satisfies readonly DType[]) {
        if (name === half && dtype === "f16") continue;
        const wrong = { ...tensors, [name]: gpu.empty(shape, dtype) };
        assert.throws(
          () => operation(wrong),
          (error) => error instanceof ShapeError && error.message.includes(dtype),
          `${operation} with ${name} of ${dtype}`,
        );
      }
    }
  }
});
