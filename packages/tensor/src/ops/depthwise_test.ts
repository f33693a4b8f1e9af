import assert from "node:assert/strict";
import { open } from "../gpu/open.ts";
import { convReference } from "../reference/conv.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { depthwiseConv2d, packDepthwise } from "./depthwise.ts";
import { conv2d, pairOf } from "./conv2d.ts";
import { packWeight } from "./packed_weight.ts";

const FILTERS = [
  { x: [2, 7, 9, 8], kernel: [3, 3], stride: 1, dilation: 1, padding: [1, 1, 1, 1] },
  { x: [1, 11, 6, 5], kernel: [5, 3], stride: 2, dilation: 1, padding: [2, 1, 0, 1] },
  { x: [1, 13, 14, 68], kernel: [3, 3], stride: 1, dilation: 3, padding: [3, 3, 3, 3] },
  { x: [1, 1, 3, 4], kernel: [7, 7], stride: 1, dilation: 1, padding: [3, 3, 3, 3] },
  { x: [2, 35, 5, 8], kernel: [3, 3], stride: 1, dilation: 1, padding: [0, 1, 1, 1] },
  { x: [1, 19, 13, 3], kernel: [2, 5], stride: 1, dilation: 1, padding: [1, 0, 0, 2] },
  { x: [2, 9, 11, 6], kernel: [3, 2], stride: [2, 3], dilation: [2, 1], padding: [2, 0, 1, 1] },
  { x: [1, 8, 10, 4], kernel: [2, 1], stride: [3, 4], dilation: 1, padding: [0, 1, 0, 2] },
  { x: [1, 6, 9, 12], kernel: [1, 1], stride: 1, dilation: 1, padding: [0, 0, 0, 0] },
] as const;

Deno.test("depthwise convolutions agree with float64 for awkward shapes", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const { x: xShape, kernel, stride, dilation, padding } of FILTERS) {
    const channels = xShape[3];
    const x = testValues(xShape.reduce((a: number, b) => a * b, 1), 1);
    const w = testValues(channels * kernel[0] * kernel[1], 2);
    const bias = testValues(channels, 3);
    const { y: sums, shape } = convReference({
      x,
      xShape,
      w,
      wShape: [channels, 1, 1, ...kernel],
      groups: channels,
      stride: [1, ...pairOf(stride)],
      dilation: [1, ...pairOf(dilation)],
      padding: [[0, 0], [padding[0], padding[1]], [padding[2], padding[3]]],
    });
    const expected = sums.map((sum, i) => Math.max(0, sum + (bias[i % channels] ?? 0)));
    const y = depthwiseConv2d(
      gpu.tensor(xShape, x),
      packDepthwise(gpu, w, [channels, 1, ...kernel]),
      { stride, dilation, padding, bias: gpu.tensor([channels], bias), activation: "relu" },
    );
    assert.deepEqual(y.shape, shape);
    const [actual = []] = await gpu.read([y]);
    assertClose(actual, expected, sumTolerance(kernel[0] * kernel[1]), `[${xShape}]`);
  }
});

Deno.test("a picture too small for the filter gives an empty one, as in conv2d", async () => {
  using gpu = await open({ debug: true });
  const filters = packDepthwise(gpu, new Float32Array(36), [4, 1, 3, 3]);
  for (const shape of [[1, 2, 8, 4], [1, 8, 2, 4], [0, 8, 8, 4]]) {
    const weight = packWeight(gpu, new Float32Array(36), [1, 4, 3, 3]);
    const { shape: expected } = conv2d(gpu.empty(shape), weight);
    const y = depthwiseConv2d(gpu.empty(shape), filters);
    assert.deepEqual(y.shape, [...expected.slice(0, 3), 4]);
    const [values] = await gpu.read([y]);
    assert.equal(values?.length, 0);
  }
});
