import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "../gpu/open.ts";
import { activationReference } from "../reference/activation.ts";
import { sizeOf } from "../tensor.ts";
import { assertClose, testValues } from "../testing/close.ts";
import { pointwise } from "./pointwise.ts";

const EXACT = { atol: 1e-7, rtol: 1.2e-7 };

Deno.test("an expression is computed for every element, with rows and numbers spread", async () => {
  using gpu = await open();
  for (const shape of [[1], [3, 5], [7, 4], [2, 3, 33], [300, 256]]) {
    const width = shape.at(-1) ?? 1;
    const [a, b, c] = [testValues(sizeOf(shape), 1), testValues(width, 2), testValues(1, 3)];
    const y = pointwise("a + k * b - c", {
      a: gpu.tensor(shape, a),
      b: gpu.tensor([width], b),
      c: gpu.tensor([1], c),
    }, { scalars: { k: 0.5 } });
    const [values] = await gpu.read([y]);
    const expected = Float64Array.from(
      a,
      (value, index) => value + 0.5 * (b[index % width] ?? 0) - (c[0] ?? 0),
    );
    assertClose(values ?? [], expected, { atol: 5e-7, rtol: 1e-6 }, `[${shape}]`);
  }
});

Deno.test("activations agree with float64", async () => {
  using gpu = await open();
  const x = testValues(1024, 4).map((value, index) => index < 8 ? (index - 4) * 30 : value * 3);
  for (const activation of ["relu", "sigmoid", "silu", "gelu_tanh", "gelu"] as const) {
    const [y] = await gpu.read([pointwise(`${activation}(x)`, { x: gpu.tensor([1024], x) })]);
    const expected = Float64Array.from(x, activationReference[activation]);
    assertClose(y ?? [], expected, { atol: 2e-6, rtol: 2e-6 }, activation);
  }
});

Deno.test("more elements than one row of workgroups holds are all computed", async () => {
  using gpu = await open();
  const count = 32768 * 64 * 4 + 12;
  const x = gpu.tensor([count / 4, 4], new Float32Array(count).fill(2));
  const [y] = await gpu.read([pointwise("x * x", { x })]);
  assertClose(y?.subarray(count - 8) ?? [], new Float32Array(8).fill(4), EXACT, "tail");
  assert(y?.every((value) => value === 4));
});

Deno.test("an input of another shape is named", async () => {
  using gpu = await open();
  const a = gpu.tensor([2, 3], new Float32Array(6));
  const b = gpu.tensor([2], new Float32Array(2));
  assert.throws(() => pointwise("a + b", { a, b }), ShapeError);
});

Deno.test("nothing is computed for tensors without elements", async () => {
  using gpu = await open({ debug: true });
  const vector = gpu.tensor([4], Float32Array.of(1, 2, 3, 4));
  const one = gpu.tensor([1], Float32Array.of(1));
  for (const inputs of [{ a: gpu.empty([0, 4]), b: vector }, { a: vector, b: gpu.empty([0, 4]) }]) {
    const y = pointwise("a + b", inputs);
    assert.deepEqual(y.shape, [0, 4]);
    const [values] = await gpu.read([y]);
    assert.equal(values?.length, 0);
  }
  for (const b of [one, gpu.empty([0])]) {
    assert.deepEqual(pointwise("a + b", { b, a: gpu.empty([3, 0]) }).shape, [3, 0]);
  }
  assert.throws(() => pointwise("a + b", { a: gpu.empty([0, 3]), b: vector }), ShapeError);
});
