import assert from "node:assert/strict";
import { GpuError, NumericError } from "../errors.ts";
import { concat } from "../ops/movement.ts";
import { pointwise } from "../ops/pointwise.ts";
import type { Tensor } from "../tensor.ts";
import { kernel } from "../wgsl/kernel.ts";
import type { Gpu } from "./gpu.ts";
import { open } from "./open.ts";

/** x * 10, whose result is NaN or infinite where the third in a row starts from more than 1e36. */
function tenfold(x: Tensor): Tensor {
  return pointwise("x * 10.0", { x });
}

function isThird(error: unknown, where: string): boolean {
  assert(error instanceof NumericError);
  assert.equal(error.label, "pointwise x * 10.0");
  assert.equal(
    error.message,
    `Cannot use the result of pointwise x * 10.0 [2,35], operation 3 ${where}: it is the first with NaN or ` +
      "infinity, at element 41. Look at what was uploaded for it, and whether its values overflow.",
  );
  return true;
}

/** Values that the third of some multiplications by ten makes infinite, in one place. */
function large(value = 1e36): Float32Array<ArrayBuffer> {
  return new Float32Array(70).fill(1).fill(value, 41, 42);
}

Deno.test("debug mode names the first operation whose result overflows, once", async () => {
  using gpu = await open({ debug: true });
  const x = gpu.tensor([2, 35], large());
  const y = tenfold(tenfold(tenfold(tenfold(x))));
  const where = "since the last read";
  await assert.rejects(gpu.read([y]), (error) => isThird(error, where));
  const [values] = await gpu.read([tenfold(x)]);
  assert.equal(values?.[0], 10);
  await assert.rejects(gpu.read([tenfold(tenfold(tenfold(x)))]), (error) => isThird(error, where));
});

Deno.test("debug mode names the operation of a plan, in the order in which things run", async () => {
  using gpu = await open({ debug: true });
  using plan = gpu.plan({
    name: "thousandfold",
    inputs: { x: { shape: [2, 35] } },
    run: ({ x }) => ({ y: tenfold(tenfold(tenfold(x))) }),
  });
  using other = gpu.plan({
    name: "other",
    inputs: { x: { shape: [2, 35] } },
    run: ({ x }) => ({ y: tenfold(x) }),
  });
  const where = "of plan thousandfold";
  other.run({ x: plan.run({ x: large() }).y });
  await assert.rejects(gpu.read([other.outputs.y]), (error) => isThird(error, where));
  plan.run({ x: other.run({ x: large(1e38) }).y });
  await assert.rejects(gpu.read([plan.outputs.y]), /operation 1 of plan other/);
  const { y } = plan.run({ x: new Float32Array(70).fill(2) });
  const [values] = await gpu.read([y]);
  assert.equal(values?.[69], 2000);
});

Deno.test("without debug mode values may be infinite", async () => {
  using gpu = await open();
  const [values] = await gpu.read([tenfold(gpu.tensor([70], large(1e38)))]);
  assert.equal(values?.[41], Infinity);
});

/** Copies words as they are. */
const copyWords = kernel({
  label: "copy_words",
  bindings: [{ name: "x", type: "u32", access: "read" }, {
    name: "y",
    type: "u32",
    access: "read_write",
  }],
  params: { count: "u32" },
  workgroup: [64, 1, 1],
  body: "  if (gid.x < p.count) { y[gid.x] = x[gid.x]; }",
});

/** A tensor into whose first words those of another are written. */
function copied(gpu: Gpu, words: Tensor, count: number, shape: number[], dtype: Tensor["dtype"]) {
  const y = gpu.empty(shape, dtype);
  gpu.dispatch({ kernel: copyWords, tensors: [words, y], params: [count], grid: [1, 1, 1] });
  return y;
}

Deno.test("integers, padding, finite halves and words not yet written raise no alarm", async () => {
  using gpu = await open({ debug: true });
  const [nan, halves] = [0x7fc00000, 0x7c007bff];
  const words = gpu.tensor([4], Uint32Array.of(nan, 0xffffffff, nan, nan));
  const odd = gpu.tensor([4], Uint32Array.of(0xfbff7bff, halves, nan, nan));
  for (let round = 0; round < 2; round++) {
    using _scope = gpu.scope();
    await gpu.read([
      copied(gpu, words, 4, [4], "u32"),
      copied(gpu, words, 4, [4], "i32"),
      // The upper half of the second word and the words after it are padding.
      copied(gpu, odd, 4, [3], "f16"),
      // Only the lower half of a word was written, and then the upper one.
      copied(gpu, gpu.tensor([2], Uint32Array.of(0x7fa03c00, 0x3c007d01)), 2, [4], "f16"),
      // The second round gets the memory of the first, half of it with new values.
      copied(gpu, gpu.tensor([4], Float32Array.of(1, 2, 3, 4)), 2, [4], "f32"),
    ]);
  }
  using _scope = gpu.scope();
  const bad = copied(gpu, odd, 2, [4], "f16");
  await assert.rejects(gpu.read([bad]), /copy_words \[4\], .* at element 2\./);
});

Deno.test("in a plan a tensor may be written in parts, over memory with other contents", async () => {
  using gpu = await open({ debug: true });
  using plan = gpu.plan({
    name: "parts",
    inputs: { words: { shape: [64], dtype: "u32" }, x: { shape: [32] } },
    run: ({ words, x }) => {
      const first = copied(gpu, words, 64, [64], "u32");
      const second = copied(gpu, first, 64, [64], "u32");
      const joined = concat([tenfold(x), tenfold(x)], 0);
      return { second, y: tenfold(joined) };
    },
  });
  const words = new Uint32Array(64).fill(0xffffffff);
  const { second, y } = plan.run({ words, x: new Float32Array(32).fill(3) });
  const [same, values] = await gpu.read([second, y]);
  assert.deepEqual([same?.[0], values?.[63]], [0xffffffff, 300]);
});

Deno.test("debug mode names the operation that computes with what nobody has written", async () => {
  using gpu = await open({ debug: true });
  using plan = gpu.plan({
    name: "stale",
    inputs: { x: { shape: [4] } },
    run: ({ x }) => ({ y: pointwise("x + z", { x, z: gpu.empty([4]) }) }),
  });
  await assert.rejects(
    gpu.read([plan.run({ x: new Float32Array(4) }).y]),
    /pointwise x \+ z \[4\], operation 1 of plan stale/,
  );
});

Deno.test("debug mode names the operation that WebGPU finds invalid", async () => {
  using gpu = await open({ debug: true });
  const [x, y] = [gpu.tensor([1], Float32Array.of(2)), gpu.tensor([1], Float32Array.of(3))];
  const copy = kernel({
    label: "copy onto itself",
    bindings: [
      { name: "x", type: "f32", access: "read" },
      { name: "y", type: "f32", access: "read_write" },
    ],
    params: {},
    workgroup: [1, 1, 1],
    body: "  y[0] = x[0];",
  });
  gpu.dispatch({ kernel: copy, tensors: [x, x], grid: [1, 1, 1] });
  gpu.dispatch({ kernel: copy, tensors: [x, y], grid: [1, 1, 1], label: "another copy" });
  await assert.rejects(
    gpu.read([y]),
    (error) => error instanceof GpuError && error.label === "copy onto itself",
  );
  const [values] = await gpu.read([y]);
  assert.deepEqual([...values ?? []], [2]);
});
