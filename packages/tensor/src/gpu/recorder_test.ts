import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { kernel } from "../wgsl/kernel.ts";
import { describe } from "./dispatch.ts";
import { open } from "./open.ts";

const count = kernel({
  label: "count up",
  bindings: [{ name: "y", type: "f32", access: "read_write" }],
  params: {},
  workgroup: [1, 1, 1],
  body: "y[gid.x] += 1;",
});

Deno.test("a grid that is not of whole numbers is refused when it is recorded", async () => {
  using gpu = await open();
  const y = gpu.tensor([4], new Float32Array(4));
  for (const extent of [NaN, -1, 1.5, Infinity]) {
    assert.throws(
      () => gpu.dispatch({ kernel: count, tensors: [y], grid: [1, extent, 0] }),
      (error: unknown) => error instanceof ShapeError && /count up.*whole/.test(error.message),
    );
  }
});

Deno.test("a command that cannot be encoded fails one flush, not all that follow", async () => {
  using gpu = await open();
  const y = gpu.tensor([4], new Float32Array(4));
  const call = { kernel: count, tensors: [y], grid: [4, 1, 1] as const };
  const described = describe(call, gpu.caps);
  assert(described);
  gpu.recorder.add(gpu.prepare({ ...described, grid: [NaN, 1, 1] }));
  assert.throws(() => gpu.flush(), TypeError);
  gpu.flush();
  gpu.dispatch(call);
  const [values] = await gpu.read([y]);
  assert.deepEqual([...values ?? []], [1, 1, 1, 1]);
});

Deno.test("commands are submitted once, also when what comes after them throws", async () => {
  using gpu = await open();
  const y = gpu.tensor([4], new Float32Array(4));
  gpu.dispatch({ kernel: count, tensors: [y], grid: [4, 1, 1] });
  const stop = () => {
    throw new Error("stop");
  };
  assert.throws(() => gpu.recorder.flush(stop), /stop/);
  const [values] = await gpu.read([y]);
  assert.deepEqual([...values ?? []], [1, 1, 1, 1]);
});
