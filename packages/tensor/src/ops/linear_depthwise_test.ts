import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { activationReference } from "../reference/activation.ts";
import { convReference } from "../reference/conv.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { packDepthwise } from "./depthwise.ts";
import { linearDepthwise } from "./linear_depthwise.ts";
import { packWeight } from "./packed_weight.ts";

interface Case {
  readonly shape: readonly [number, number, number, number];
  readonly hidden: number;
  /** Zeros above, below, left and right. */
  readonly padding: readonly [number, number, number, number];
}

/**
 * Widths below, at and above the results of a subgroup, maps of one line and of several walks, hidden
 * channels that do not fill a panel, and what only two kernels can make.
 */
const CASES: readonly Case[] = [
  { shape: [2, 5, 6, 4], hidden: 32, padding: [1, 1, 1, 1] },
  { shape: [1, 1, 3, 8], hidden: 24, padding: [1, 1, 1, 1] },
  { shape: [2, 31, 13, 32], hidden: 72, padding: [1, 1, 1, 1] },
  { shape: [1, 6, 7, 12], hidden: 64, padding: [0, 1, 1, 1] },
  { shape: [1, 6, 8, 12], hidden: 64, padding: [2, 0, 1, 1] },
  { shape: [1, 5, 14, 36], hidden: 32, padding: [1, 1, 1, 1] },
  { shape: [1, 3, 29, 64], hidden: 40, padding: [1, 1, 1, 1] },
  { shape: [1, 4, 9, 68], hidden: 32, padding: [1, 1, 1, 1] },
  { shape: [1, 4, 9, 6], hidden: 10, padding: [1, 0, 0, 2] },
];

function operands(gpu: Gpu, channels: number, hidden: number) {
  const vector = (seed: number) => testValues(hidden, seed);
  const values = {
    weight: testValues(hidden * channels, 2),
    bias: vector(3),
    filters: testValues(hidden * 9, 4),
    filterBias: vector(5),
  };
  return {
    values,
    layer: {
      weight: packWeight(gpu, values.weight, [hidden, channels]),
      bias: gpu.tensor([hidden], values.bias),
    },
    convolution: {
      weight: packDepthwise(gpu, values.filters, [hidden, 1, 3, 3]),
      bias: gpu.tensor([hidden], values.filterBias),
    },
  };
}

Deno.test("a linear layer with a convolution behind it agrees with float64 for awkward shapes", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const { shape, hidden, padding } of CASES) {
    using _scope = gpu.scope();
    const channels = shape[3];
    const x = testValues(sizeOf(shape), 1);
    const { values, layer, convolution } = operands(gpu, channels, hidden);
    const between = convReference({
      x,
      xShape: shape,
      w: values.weight,
      wShape: [hidden, channels, 1, 1, 1],
    }).y.map((sum, at) => sum + (values.bias[at % hidden] ?? 0));
    const { y: sums, shape: expectedShape } = convReference({
      x: between,
      xShape: [shape[0], shape[1], shape[2], hidden],
      w: values.filters,
      wShape: [hidden, 1, 1, 3, 3],
      groups: hidden,
      padding: [[0, 0], [padding[0], padding[1]], [padding[2], padding[3]]],
    });
    const expected = sums.map((sum, at) =>
      activationReference.gelu(sum + (values.filterBias[at % hidden] ?? 0))
    );
    const y = linearDepthwise(gpu.tensor(shape, x), layer, convolution, {
      padding,
      activation: "gelu",
    });
    assert.deepEqual(y.shape, expectedShape);
    const [actual = []] = await gpu.read([y]);
    assertClose(actual, expected, sumTolerance(9 * channels), `[${shape}] to ${hidden}`);
  }
});

Deno.test("a picture without lines or results gives an empty one", async () => {
  using gpu = await open({ debug: true });
  const { layer, convolution } = operands(gpu, 4, 32);
  for (const shape of [[0, 4, 4, 4], [1, 2, 4, 4], [1, 4, 0, 4]]) {
    const y = linearDepthwise(gpu.empty(shape), layer, convolution, { padding: [0, 0, 1, 1] });
    assert.equal(sizeOf(y.shape), 0, `[${shape}]`);
  }
});

Deno.test("channels that do not fit are named by the layer that they do not fit", async () => {
  using gpu = await open();
  const { layer, convolution } = operands(gpu, 4, 32);
  const other = operands(gpu, 4, 36);
  const x = gpu.empty([1, 4, 4, 4]);
  assert.throws(() => linearDepthwise(gpu.empty([1, 4, 4, 8]), layer, convolution), ShapeError);
  assert.throws(() => linearDepthwise(x, layer, other.convolution), ShapeError);
  assert.throws(
    () => linearDepthwise(x, { ...layer, bias: other.layer.bias }, convolution),
    ShapeError,
  );
});
