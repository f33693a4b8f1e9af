/** Sweeps that are put together. */
import { aggregateSweeps, type LidarScan, type Sweep } from "@vicinity/dsvt";
import type { GoldenCase, GoldenTensor } from "../golden_case.ts";
import type { Produced } from "../runner.ts";

/** Rows x, y, z, intensity and what else there is, as a scan. */
function scanOf({ shape, values }: GoldenTensor): LidarScan {
  const [rows = 0, width = 1] = shape;
  const column = (row: number, at: number) => values[row * width + at] ?? 0;
  return {
    positions: Float32Array.from(
      { length: 3 * rows },
      (_, at) => column(Math.floor(at / 3), at % 3),
    ),
    intensity: Float32Array.from({ length: rows }, (_, row) => column(row, 3)),
  };
}

async function sweepOf(golden: GoldenCase, index: number): Promise<Sweep> {
  const { values } = await golden.tensor(`input.transform${index}`);
  const [lag = 0] = (await golden.tensor(`input.time_lag${index}`)).values;
  const scan = scanOf(await golden.tensor(`input.sweep${index}`));
  return { scan, toKey: [...values], lag };
}

/** `input.sweep0` is the key scan, the others come before it, each with its motion and lag. */
export async function* runSweeps(golden: GoldenCase): AsyncGenerator<Produced> {
  const key = scanOf(await golden.tensor("input.sweep0"));
  const sweeps: Sweep[] = [];
  while (golden.has(`input.sweep${sweeps.length + 1}`)) {
    sweeps.push(await sweepOf(golden, sweeps.length + 1));
  }
  const { positions, intensity, time } = aggregateSweeps(key, sweeps);
  const values = Float64Array.from({ length: positions.length / 3 * 5 }, (_, at) => {
    const [point, column] = [Math.floor(at / 5), at % 5];
    if (column < 3) return positions[3 * point + column] ?? NaN;
    return (column === 3 ? intensity : time)?.[point] ?? NaN;
  });
  yield { name: "output.points", values };
}
