import assert from "node:assert/strict";
import { ShapeError } from "../errors.ts";
import { open } from "./open.ts";

Deno.test("a readback that is refused keeps no staging memory", async () => {
  using gpu = await open();
  const { device } = gpu;
  const live = new Set<GPUBuffer>();
  const create = device.createBuffer.bind(device);
  device.createBuffer = (descriptor) => {
    const buffer = create(descriptor);
    const destroy = buffer.destroy.bind(buffer);
    live.add(buffer);
    buffer.destroy = () => {
      live.delete(buffer);
      destroy();
    };
    return buffer;
  };
  const large = gpu.tensor([1000], new Float32Array(1000).fill(3));
  const freed = gpu.tensor([1000], new Float32Array(1000));
  gpu.free(freed);
  const before = live.size;
  for (let round = 0; round < 3; round++) {
    await assert.rejects(gpu.read([large, freed]), ShapeError);
  }
  const [values] = await gpu.read([large]);
  assert.equal(values?.[999], 3);
  assert(live.size <= before + 1, `${live.size - before} staging buffers are left`);
});
