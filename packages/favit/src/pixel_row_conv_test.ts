import { Parameters, WeightStore } from "@vicinity/checkpoint";
import { open, sizeOf } from "@vicinity/tensor";
import { assertClose, sumTolerance, testValues } from "@vicinity/tensor/testing";
import { convReference } from "../../tensor/src/reference/conv.ts";
import { seededWeights } from "../../vision/src/testing/seeded_weights.ts";
import { PixelRowConv2d } from "./pixel_row_conv.ts";

Deno.test("convolutions over blocks of pixels agree with float64 at any width", async () => {
  using gpu = await open({ debug: true });
  const cases = [[7, 4, 3], [3, 2, 3], [5, 4, 1], [1, 2, 2]] as const;
  for (const [taps, stride, channels] of cases) {
    const parameters = new Parameters(gpu);
    const store = WeightStore.over(seededWeights());
    const conv = new PixelRowConv2d(parameters, store, [6, channels, taps], stride);
    await parameters.load();
    const weights = seededWeights();
    const w = await weights.find("weight", [6, channels, taps, taps])?.float32();
    const bias = await weights.find("bias", [6])?.float32();
    if (!w || !bias) throw new TypeError("There are no weights.");
    for (const [height, width] of [[9, 8], [6, 9], [5, 3], [8, 14]] as const) {
      using _scope = gpu.scope();
      const shape = [2, height, width, channels] as const;
      const x = testValues(sizeOf(shape), 1);
      const { y: sums } = convReference({
        x,
        xShape: shape,
        w,
        wShape: [6, channels, 1, taps, taps],
        stride: [1, stride, stride],
        padding: [[0, 0], [taps >> 1, taps >> 1], [taps >> 1, taps >> 1]],
      });
      const [actual = []] = await gpu.read([conv.forward(gpu.tensor(shape, x))]);
      const expected = sums.map((sum, at) => sum + (bias[at % 6] ?? 0));
      const name = `${taps} taps, stride ${stride}, [${shape}]`;
      assertClose(actual, expected, sumTolerance(channels * taps ** 2), name);
    }
    parameters.dispose();
  }
});
