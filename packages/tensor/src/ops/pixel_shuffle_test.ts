import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { pixelShuffle, pixelUnshuffle } from "./pixel_shuffle.ts";

const CASES = [[1, 2, 3, 3, 2], [2, 5, 1, 1, 4], [1, 3, 4, 5, 3]] as const;

Deno.test("each channel of a square goes to its pixel, and unshuffling brings it back", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (const [n, h, w, c, r] of CASES) {
    const planes = c * r * r;
    const x = Float32Array.from({ length: n * h * w * planes }, (_, index) => index);
    const shuffled = pixelShuffle(gpu.tensor([n, h, w, planes], x), r);
    const [y, back] = await gpu.read([shuffled, pixelUnshuffle(shuffled, r)]);
    assert.deepEqual(shuffled.shape, [n, h * r, w * r, c]);
    assert.deepEqual(back, x);
    for (let at = 0; at < (y?.length ?? 0); at++) {
      const channel = at % c;
      const column = Math.floor(at / c) % (w * r);
      const line = Math.floor(at / (c * w * r));
      const pixel = Math.floor(line / r) * w + Math.floor(column / r);
      const plane = channel * r * r + (line % r) * r + column % r;
      assert.equal(y?.[at], x[pixel * planes + plane]);
    }
  }
});

Deno.test("a shuffled picture is added to another one", async () => {
  using gpu = await open();
  const x = gpu.tensor([1, 1, 1, 4], new Float32Array([1, 2, 3, 4]));
  const residual = gpu.tensor([1, 2, 2, 1], new Float32Array([10, 20, 30, 40]));
  const [y] = await gpu.read([pixelShuffle(x, 2, { residual, scale: 0.5 })]);
  assert.deepEqual([...y ?? []], [10.5, 21, 31.5, 42]);
  assert.throws(() => pixelShuffle(x, 3), ShapeError);
  assert.throws(() => pixelUnshuffle(residual, 3), ShapeError);
  assert.throws(() => pixelShuffle(gpu.empty([1, 1, 1, 4], "u32"), 2), ShapeError);
});

Deno.test("pixels are shuffled inside a plan", async () => {
  using gpu = await open();
  const shape = [2, 3, 1, 12];
  const x = Float32Array.from({ length: 72 }, (_, index) => index);
  using plan = gpu.plan({
    name: "shuffle",
    inputs: { x: { shape } },
    run: ({ x }) => {
      const large = pixelShuffle(x, 2);
      return { back: pixelUnshuffle(pixelShuffle(x, 2, { residual: large, scale: -0.5 }), 2) };
    },
  });
  const [back] = await gpu.read([plan.run({ x }).back]);
  assert.deepEqual(back, x.map((value) => value / 2));
});
