import { open } from "@vicinity/tensor";
import { assertClose } from "../../tensor/src/testing/close.ts";
import { matchLowFrequencies } from "./colour_fix.ts";
import { matchColours } from "./post.ts";

Deno.test("frames get the colours that the reference gives them, whatever their size", async () => {
  using gpu = await open();
  for (const [frames, rows, cols] of [[1, 1, 1], [2, 5, 3], [1, 31, 66], [2, 64, 33]] as const) {
    using _scope = gpu.scope();
    const size = rows * cols * 3;
    const values = (rule: (at: number) => number) =>
      Float32Array.from({ length: frames * size }, (_, at) => rule(at));
    const content = values((at) => Math.sin(at * 1.7));
    const style = values((at) => Math.cos(at * 0.03) / 2 + at % 3 / 5);
    const shape = [frames, rows, cols, 3];
    const matched = matchColours(gpu.tensor(shape, content), gpu.tensor(shape, style));
    const [found = new Float32Array()] = await gpu.read([matched]);
    for (let frame = 0; frame < frames; frame++) {
      const [from, to] = [frame * size, (frame + 1) * size];
      const expected = matchLowFrequencies(
        content.subarray(from, to),
        style.subarray(from, to),
        { rows, cols, channels: 3 },
      );
      assertClose(found.subarray(from, to), expected, { atol: 4e-6, rtol: 0 }, `${shape}`);
    }
  }
});
