import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { padReference } from "../reference/pad.ts";
import { sizeOf } from "../tensor.ts";
import { pad } from "./pad.ts";

const counting = (shape: readonly number[]) =>
  Float32Array.from({ length: sizeOf(shape) }, (_, index) => index + 1);

const MODES = ["zero", "reflect", "replicate"] as const;

Deno.test("borders are zeros, mirrored or repeated, at all widths and channel counts", async () => {
  using gpu = await open({ defaultLimits: true, debug: true });
  for (
    const [n, h, w, c, top, bottom, left, right] of [
      [1, 3, 4, 1, 1, 2, 3, 0],
      [2, 5, 3, 3, 4, 0, 0, 2],
      [1, 2, 2, 4, 1, 1, 1, 1],
      [3, 4, 7, 5, 0, 3, 6, 6],
      [1, 17, 33, 8, 0, 0, 0, 0],
    ] as const
  ) {
    const picture = counting([h, w, c]);
    const x = gpu.tensor([n, h, w, c], counting([n, h, w, c]));
    for (const mode of MODES) {
      const y = pad(x, { top, bottom, left, right }, mode);
      const [values] = await gpu.read([y]);
      assert.deepEqual(y.shape, [n, top + h + bottom, left + w + right, c]);
      const expected = Array.from({ length: n }, (_, image) =>
        padReference(
          picture.map((value) => value + image * picture.length),
          [h, w, c],
          [[top, bottom], [left, right]],
          mode,
        )).flat();
      assert.deepEqual([...values ?? []], expected, `${mode} [${x.shape}]`);
    }
  }
});

Deno.test("one pixel can be repeated without bound, and integers keep their bits", async () => {
  using gpu = await open();
  const x = gpu.tensor([1, 1, 1, 1], new Uint32Array([0x7fc00001]));
  const [values] = await gpu.read([pad(x, { top: 2, right: 70 }, "replicate")]);
  assert.deepEqual([...values ?? []], Array.from({ length: 3 * 71 }, () => 0x7fc00001));
});

Deno.test("padding works inside a plan", async () => {
  using gpu = await open();
  const shape = [1, 3, 4, 3];
  using plan = gpu.plan({
    name: "pad",
    inputs: { x: { shape } },
    run: ({ x }) => ({ y: pad(pad(x, { top: 1, left: 2 }, "reflect"), { bottom: 2 }, "zero") }),
  });
  const x = gpu.tensor(shape, counting(shape));
  const [planned, eager] = await gpu.read([
    plan.run({ x }).y,
    pad(pad(x, { top: 1, left: 2 }, "reflect"), { bottom: 2 }, "zero"),
  ]);
  assert.deepEqual(planned, eager);
});

Deno.test("an empty picture becomes a border of zeros", async () => {
  using gpu = await open();
  const [values] = await gpu.read([pad(gpu.empty([1, 0, 2, 1]), { bottom: 2 }, "zero")]);
  assert.deepEqual([...values ?? []], [0, 0, 0, 0]);
});

Deno.test("padding names borders that do not fit", async () => {
  using gpu = await open();
  const x = gpu.empty([1, 3, 4, 1]);
  assert.throws(() => pad(x, { top: 3 }, "reflect"), ShapeError);
  assert.throws(() => pad(x, { left: -1 }, "zero"), ShapeError);
  assert.throws(() => pad(gpu.empty([1, 0, 4, 1]), { top: 1 }, "replicate"), ShapeError);
  assert.throws(() => pad(gpu.empty([3, 4]), { top: 1 }, "zero"), ShapeError);
});
