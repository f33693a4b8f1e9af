import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import type { Gpu } from "../gpu/gpu.ts";
import { open } from "../gpu/open.ts";
import { convReference } from "../reference/conv.ts";
import { sizeOf } from "../tensor.ts";
import { CARD, openAs } from "../testing/adapters.ts";
import { assertClose, sumTolerance, testValues } from "../testing/close.ts";
import { fixedSubgroup } from "../wgsl/subgroups.ts";
import { conv2d } from "./conv2d.ts";
import { conv3d } from "./conv3d.ts";
import { depthwiseConv2d, packDepthwise } from "./depthwise.ts";
import type { Triple } from "./implicit_gemm.ts";
import { slice } from "./movement.ts";
import { type GemmVariant, packWeight } from "./packed_weight.ts";
import { NO_ROW } from "./rows.ts";

const VARIANTS: readonly GemmVariant[] = ["lanes", "registers", "shared"];

interface PictureCase {
  readonly x: readonly [number, number, number, number];
  readonly out: number;
  readonly kernel: readonly [number, number];
  readonly groups?: number;
  readonly stride?: readonly [number, number];
  readonly dilation?: readonly [number, number];
  readonly padding?: readonly [number, number, number, number];
}

const PICTURES: readonly PictureCase[] = [
  { x: [1, 5, 7, 3], out: 5, kernel: [3, 3], padding: [1, 1, 1, 1] },
  { x: [2, 9, 6, 16], out: 33, kernel: [3, 3], padding: [0, 1, 2, 1] },
  { x: [1, 17, 15, 8], out: 16, kernel: [3, 3], padding: [1, 1, 1, 1], stride: [2, 2] },
  { x: [1, 8, 9, 4], out: 3, kernel: [2, 3], stride: [3, 4] },
  { x: [1, 12, 11, 8], out: 24, kernel: [3, 3], padding: [2, 2, 3, 3], dilation: [2, 3] },
  { x: [1, 6, 5, 12], out: 18, kernel: [3, 1], groups: 3, padding: [1, 1, 0, 0] },
  { x: [1, 6, 5, 6], out: 4, kernel: [1, 3], groups: 2, padding: [0, 0, 1, 1] },
  { x: [3, 1, 1, 20], out: 65, kernel: [1, 1] },
  { x: [2, 13, 10, 3], out: 8, kernel: [5, 4], padding: [2, 1, 0, 3], stride: [2, 1] },
  { x: [1, 2, 3, 3], out: 4, kernel: [5, 5], padding: [2, 2, 2, 2] },
  { x: [1, 9, 7, 4], out: 5, kernel: [1, 1], stride: [2, 3], padding: [0, 1, 2, 0] },
  {
    x: [2, 11, 10, 12],
    out: 12,
    kernel: [3, 2],
    groups: 3,
    stride: [2, 3],
    dilation: [2, 4],
    padding: [2, 0, 1, 2],
  },
  { x: [2, 7, 6, 5], out: 10, kernel: [3, 3], groups: 5, padding: [1, 1, 1, 1], stride: [2, 1] },
];

async function tryPicture(gpu: Gpu, variant: GemmVariant, shape: PictureCase): Promise<void> {
  using _scope = gpu.scope();
  const groups = shape.groups ?? 1;
  const channels = shape.x[3] / groups;
  const wShape = [shape.out, channels, 1, ...shape.kernel] as const;
  const x = testValues(shape.x.reduce((a, b) => a * b), 7);
  const w = testValues(wShape.reduce((a, b) => a * b), 8);
  const [top, bottom, left, right] = shape.padding ?? [0, 0, 0, 0];
  const { y: expected, shape: outShape } = convReference({
    x,
    xShape: shape.x,
    w,
    wShape: [...wShape],
    groups,
    stride: [1, ...(shape.stride ?? [1, 1] as const)],
    dilation: [1, ...(shape.dilation ?? [1, 1] as const)],
    padding: [[0, 0], [top, bottom], [left, right]],
  });
  const weight = packWeight(gpu, w, [shape.out, channels, ...shape.kernel], { groups, variant });
  const y = conv2d(gpu.tensor(shape.x, x), weight, {
    padding: [top, bottom, left, right],
    ...(shape.stride ? { stride: shape.stride } : {}),
    ...(shape.dilation ? { dilation: shape.dilation } : {}),
  });
  assert.deepEqual(y.shape, outShape);
  const [actual = []] = await gpu.read([y]);
  const depth = channels * shape.kernel[0] * shape.kernel[1];
  assertClose(actual, expected, sumTolerance(depth), `${variant} ${JSON.stringify(shape)}`);
}

Deno.test("conv2d agrees with float64 for awkward shapes in every variant", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    for (const shape of PICTURES) await tryPicture(gpu, variant, shape);
  }
});

Deno.test("convolutions of deep, small pictures are split on cards, and agree with float64 to the same bits", async () => {
  using gpu = await openAs(CARD);
  const deep: readonly PictureCase[] = [
    { x: [1, 3, 4, 516], out: 33, kernel: [3, 3], padding: [1, 1, 1, 1] },
    { x: [1, 2, 3, 1030], out: 6, kernel: [1, 2], groups: 2 },
  ];
  for (const variant of ["registers", "shared"] as const) {
    for (const shape of deep) await tryPicture(gpu, variant, shape);
  }
  const [x, w] = [
    gpu.tensor([1, 3, 4, 516], testValues(3 * 4 * 516, 1)),
    testValues(516 * 9 * 8, 2),
  ];
  const weight = packWeight(gpu, w, [8, 516, 3, 3]);
  const times = await gpu.read([conv2d(x, weight), conv2d(x, weight)]);
  assert.deepEqual(times[0], times[1]);
});

Deno.test("conv2d reads the first channels of a picture that has more", async () => {
  using gpu = await open();
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    for (const [channels, groups, stride] of [[4, 1, 1], [8, 2, 2], [3, 1, 2]] as const) {
      using _scope = gpu.scope();
      const wide = gpu.tensor([2, 5, 6, 12], testValues(2 * 5 * 6 * 12, 1));
      const w = testValues(10 * channels / groups * stride ** 2, 2);
      const weight = packWeight(gpu, w, [10, channels / groups, stride, stride], {
        groups,
        variant,
      });
      const [expected = [], actual] = await gpu.read([
        conv2d(slice(wide, 3, 0, channels), weight, { stride }),
        conv2d(wide, weight, { stride, leading: true }),
      ]);
      assert.deepEqual(actual, expected, `${variant}, ${channels} channels`);
    }
  }
  const weight = packWeight(gpu, testValues(40, 1), [10, 4, 1, 1]);
  const narrow = gpu.empty([1, 2, 2, 6]);
  assert.throws(() => conv2d(narrow, weight, { leading: true }), /4 or a larger multiple of 4/);
});

Deno.test("conv2d reads an enlarged picture without making it", async () => {
  using gpu = await open({ debug: true });
  const [h, w, c, out] = [5, 6, 8, 12];
  const x = testValues(h * w * c, 3);
  const large = new Float32Array(4 * h * w * c);
  for (let i = 0; i < large.length; i++) {
    const pixel = Math.floor(i / c);
    const [px, py] = [pixel % (2 * w), Math.floor(pixel / (2 * w))];
    large[i] = x[((py >> 1) * w + (px >> 1)) * c + i % c] ?? 0;
  }
  const weights = testValues(out * c * 9, 4);
  const { y: expected } = convReference({
    x: large,
    xShape: [1, 2 * h, 2 * w, c],
    w: weights,
    wShape: [out, c, 1, 3, 3],
    padding: [[0, 0], [1, 1], [1, 1]],
  });
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    const weight = packWeight(gpu, weights, [out, c, 3, 3], { variant });
    const y = conv2d(gpu.tensor([1, h, w, c], x), weight, { padding: 1, upsample: true });
    const [actual = []] = await gpu.read([y]);
    assertClose(actual, expected, sumTolerance(9 * c), variant);
  }
});

Deno.test("conv3d in chunks with history equals conv3d over the whole clip", async () => {
  using gpu = await open({ debug: true });
  const [frames, h, w, c, out] = [5, 6, 7, 8, 20];
  const frame = h * w * c;
  const x = testValues(frames * frame, 5);
  const weights = testValues(out * c * 27, 6);
  const { y: expected } = convReference({
    x,
    xShape: [frames, h, w, c],
    w: weights,
    wShape: [out, c, 3, 3, 3],
    padding: [[2, 0], [1, 1], [1, 1]],
  });
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    const weight = packWeight(gpu, weights, [out, c, 3, 3, 3], { variant });
    const whole = conv3d(gpu.tensor([frames, h, w, c], x), weight, { padding: 1 });
    const second = conv3d(gpu.tensor([2, h, w, c], x.subarray(3 * frame)), weight, {
      padding: 1,
      history: gpu.tensor([2, h, w, c], x.subarray(frame, 3 * frame)),
    });
    const [a = [], b = []] = await gpu.read([whole, second]);
    assertClose(a, expected, sumTolerance(27 * c), `${variant} whole`);
    assertClose(b, expected.subarray(3 * h * w * out), sumTolerance(27 * c), `${variant} chunk`);
  }
});

Deno.test("conv3d steps over frames with kernels that extend in time only", async () => {
  using gpu = await open();
  const [frames, h, w, c, out] = [7, 3, 4, 16, 16];
  const x = testValues(frames * h * w * c, 9);
  const weights = testValues(out * c * 3, 10);
  const { y: expected, shape } = convReference({
    x,
    xShape: [frames, h, w, c],
    w: weights,
    wShape: [out, c, 3, 1, 1],
    stride: [2, 1, 1],
    padding: [[2, 0], [0, 0], [0, 0]],
  });
  const weight = packWeight(gpu, weights, [out, c, 3, 1, 1]);
  const y = conv3d(gpu.tensor([frames, h, w, c], x), weight, { timeStride: 2 });
  assert.deepEqual(y.shape, shape);
  const [actual = []] = await gpu.read([y]);
  assertClose(actual, expected, sumTolerance(3 * c), "time stride 2");
});

interface ClipCase {
  readonly x: readonly [number, number, number, number];
  readonly out: number;
  readonly kernel: Triple;
  readonly groups?: number;
  readonly stride?: Triple;
  readonly dilation?: Triple;
  readonly padding?: readonly [number, number, number, number];
}

const CLIPS: readonly ClipCase[] = [
  { x: [6, 9, 8, 3], out: 5, kernel: [3, 3, 2], dilation: [2, 3, 2], padding: [3, 1, 0, 2] },
  { x: [7, 5, 6, 12], out: 9, kernel: [2, 3, 3], groups: 3, padding: [1, 1, 1, 1] },
  { x: [5, 6, 5, 6], out: 12, kernel: [3, 2, 1], groups: 6, stride: [2, 1, 3] },
  {
    x: [9, 11, 10, 8],
    out: 8,
    kernel: [2, 3, 3],
    groups: 2,
    stride: [2, 2, 1],
    dilation: [3, 2, 1],
    padding: [2, 1, 1, 0],
  },
];

const STEP_BY_STEP = { stride: [1, 1, 1], dilation: [1, 1, 1] } as const;

async function tryClip(gpu: Gpu, variant: GemmVariant, shape: ClipCase): Promise<void> {
  using _scope = gpu.scope();
  const { x: xShape, out, kernel, groups = 1 } = shape;
  const { dilation, stride } = { ...STEP_BY_STEP, ...shape };
  const [top, bottom, left, right] = shape.padding ?? [0, 0, 0, 0];
  const wShape = [out, xShape[3] / groups, ...kernel] as const;
  const x = testValues(sizeOf(xShape), 11);
  const w = testValues(sizeOf(wShape), 12);
  const { y: expected, shape: outShape } = convReference({
    x,
    xShape,
    w,
    wShape,
    groups,
    stride,
    dilation,
    padding: [[(kernel[0] - 1) * dilation[0], 0], [top, bottom], [left, right]],
  });
  const options = {
    timeStride: stride[0],
    stride: [stride[1], stride[2]],
    timeDilation: dilation[0],
    dilation: [dilation[1], dilation[2]],
    padding: [top, bottom, left, right],
  } as const;
  const weight = packWeight(gpu, w, wShape, { groups, variant });
  const y = conv3d(gpu.tensor(xShape, x), weight, options);
  assert.deepEqual(y.shape, outShape);
  const [actual = []] = await gpu.read([y]);
  const depth = sizeOf(wShape.slice(1));
  assertClose(actual, expected, sumTolerance(depth), `${variant} ${JSON.stringify(shape)}`);
}

Deno.test("conv3d with dilation and groups agrees with float64 in every variant", async () => {
  using gpu = await open({ defaultLimits: true });
  for (const variant of VARIANTS) {
    if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
    for (const shape of CLIPS) await tryClip(gpu, variant, shape);
  }
});

Deno.test("a conv3d dilated in time looks as far back into its history", async () => {
  using gpu = await open();
  const [frames, h, w, c, out] = [7, 3, 2, 4, 3];
  const x = testValues(frames * h * w * c, 13);
  const weight = packWeight(gpu, testValues(out * c * 3, 14), [out, c, 3, 1, 1]);
  const clip = gpu.tensor([frames, h, w, c], x);
  const whole = conv3d(clip, weight, { timeDilation: 2 });
  const part = conv3d(slice(clip, 0, 4, 3), weight, {
    timeDilation: 2,
    history: slice(clip, 0, 0, 4),
  });
  assert.deepEqual([whole.shape[0], part.shape[0]], [frames, 3]);
  const [all = new Float32Array(), last] = await gpu.read([whole, part]);
  assertClose(last ?? [], all.subarray(4 * h * w * out), sumTolerance(3 * c), "time dilation 2");
});

Deno.test("a convolution names the channels that it expected", async () => {
  using gpu = await open();
  const weight = packWeight(gpu, testValues(36, 1), [1, 4, 3, 3]);
  assert.throws(() => conv2d(gpu.empty([1, 4, 4, 5]), weight), /4 channels/);
  assert.throws(() => conv3d(gpu.empty([1, 4, 4, 5]), weight), /4 channels/);
});

Deno.test("steps that are no whole numbers from 1 on are refused", async () => {
  using gpu = await open();
  const picture = gpu.empty([1, 4, 4, 4]);
  const flat = packWeight(gpu, new Float32Array(16), [4, 4, 1, 1]);
  const deep = packWeight(gpu, new Float32Array(16), [4, 4, 1, 1, 1]);
  const filters = packDepthwise(gpu, new Float32Array(4), [4, 1, 1, 1]);
  for (const step of [0, -1, 1.5, NaN]) {
    for (const name of ["stride", "dilation"]) {
      const options = { [name]: step };
      assert.throws(() => conv2d(picture, flat, options), ShapeError);
      assert.throws(() => conv3d(picture, deep, options), ShapeError);
      assert.throws(() => depthwiseConv2d(picture, filters, options), ShapeError);
    }
    assert.throws(() => conv3d(picture, deep, { timeStride: step }), ShapeError);
    assert.throws(() => conv3d(picture, deep, { timeDilation: step }), ShapeError);
  }
});

Deno.test("conv2d of rows that pixels name equals that of the picture", async () => {
  using gpu = await open({ defaultLimits: true });
  const [batch, h, w, out, count] = [2, 7, 9, 12, 31];
  const pixels = Uint32Array.from(
    { length: batch * h * w },
    (_, at) => at % 4 === 1 ? (at >> 2) * 7 % count : NO_ROW,
  );
  for (const channels of [8, 6]) {
    const rows = testValues(count * channels, 3);
    const picture = new Float32Array(pixels.length * channels);
    for (const [at, row] of pixels.entries()) {
      if (row === NO_ROW) continue;
      picture.set(rows.subarray(row * channels, (row + 1) * channels), at * channels);
    }
    for (const [taps, stride] of [[3, 1], [3, 2], [1, 1], [1, 2]] as const) {
      const padding = (taps - 1) / 2;
      const weights = testValues(out * channels * taps ** 2, 4);
      const { y: expected } = convReference({
        x: picture,
        xShape: [batch, h, w, channels],
        w: weights,
        wShape: [out, channels, 1, taps, taps],
        stride: [1, stride, stride],
        padding: [[0, 0], [padding, padding], [padding, padding]],
      });
      for (const variant of VARIANTS) {
        if (variant === "lanes" && !fixedSubgroup(gpu.caps)) continue;
        const weight = packWeight(gpu, weights, [out, channels, taps, taps], { variant });
        const y = conv2d(gpu.tensor([count, channels], rows), weight, {
          pixels: gpu.tensor([batch, h, w], pixels),
          padding,
          stride,
        });
        const [actual = []] = await gpu.read([y]);
        assertClose(actual, expected, sumTolerance(taps ** 2 * channels), `${variant} ${taps}`);
      }
    }
  }
});

Deno.test("a convolution of rows needs u32 pixels", async () => {
  using gpu = await open();
  const weight = packWeight(gpu, testValues(36, 1), [1, 4, 3, 3]);
  assert.throws(() => conv2d(gpu.empty([9, 4]), weight, { pixels: gpu.empty([1, 4, 4]) }), /u32/);
});
