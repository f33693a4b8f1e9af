/** Wall time of linear layers and convolutions, each with one wait for the device. */
import { open } from "../gpu/open.ts";
import type { Tensor } from "../tensor.ts";
import { benchOperation, benchValues } from "../testing/bench.ts";
import { testValues } from "../testing/close.ts";
import { conv2d } from "./conv2d.ts";
import { conv3d } from "./conv3d.ts";
import { linear } from "./linear.ts";
import { matmul } from "./matmul.ts";
import { packWeight } from "./packed_weight.ts";

const gpu = await open();

const values = (shape: readonly number[]) => benchValues(gpu, shape);

function weight(shape: readonly number[]) {
  return packWeight(gpu, testValues(shape.reduce((a, b) => a * b), 2), shape);
}

const bench = (name: string, run: () => Tensor) => benchOperation(gpu, name, run);

{
  const x = values([1024, 1024]);
  const w = weight([1024, 1024]);
  bench("linear 1024x1024x1024", () => linear(x, w));
  bench("matmul 1024x1024x1024", () => matmul(x, x));
}
{
  const [row, rows, square] = [values([1, 1024]), values([8, 64, 1024]), values([1024, 1024])];
  const [wide, deep] = [values([16, 4096]), weight([64, 4096])];
  for (const form of ["tile", "gemv"] as const) {
    bench(`row 1x1024x1024 ${form}`, () => matmul(row, square, { form }));
  }
  for (const form of ["tile", "split"] as const) {
    bench(`depth 16x64x4096 ${form}`, () => linear(wide, deep, { form }));
  }
  bench("matmul 8x64x1024x1024, one matrix for all", () => matmul(rows, square));
}
for (const [channels, height, width] of [[64, 128, 128], [32, 144, 256], [16, 144, 256]] as const) {
  const x = values([1, height, width, channels]);
  const w = weight([channels, channels, 3, 3]);
  bench(`conv2d 3x3 ${channels} ${height}x${width}`, () => conv2d(x, w, { padding: 1 }));
}
for (const [channels, height, width] of [[48, 72, 128], [16, 144, 256]] as const) {
  const x = values([4, height, width, channels]);
  const history = values([2, height, width, channels]);
  const w = weight([channels, channels, 3, 3, 3]);
  bench(
    `conv3d 3x3x3 ${channels} 4x${height}x${width}`,
    () => conv3d(x, w, { padding: 1, history }),
  );
}
