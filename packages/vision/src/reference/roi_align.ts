/** Pooled regions in float64. */
import type { RoiAlignOptions } from "../ops/roi_align.ts";

/** A level of a feature pyramid. */
export interface ReferenceMap {
  /** Extents. */
  readonly shape: readonly [height: number, width: number, channels: number];
  /** `[height, width, channels]`. */
  readonly values: ArrayLike<number>;
}

/**
 * The level that a region is taken from.
 *
 * @param region x1, y1, x2, y2.
 * @param options Number of levels and finest scale.
 * @returns 0 for the finest one.
 */
export function roiLevel(
  [x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[],
  { strides, finestScale }: Pick<RoiAlignOptions, "strides" | "finestScale">,
): number {
  const scale = Math.sqrt((x2 - x1) * (y2 - y1)) / finestScale + 1e-6;
  return Math.min(Math.max(Math.floor(Math.log2(scale)), 0), strides.length - 1);
}

/**
 * Pools regions.
 *
 * @param maps Fine to coarse.
 * @param regions x1, y1, x2, y2 of each.
 * @param options Size, strides, samples.
 * @returns `[regions, size, size, channels]`.
 */
export function roiAlignReference(
  maps: readonly ReferenceMap[],
  regions: readonly (readonly number[])[],
  options: RoiAlignOptions,
): number[] {
  return regions.flatMap((region) => {
    const level = roiLevel(region, options);
    const map = maps[level];
    if (!map) throw new TypeError(`Cannot pool: level ${level} is missing.`);
    return pooledRegion(map, region.map((edge) => edge / (options.strides[level] ?? 1)), options);
  });
}

function pooledRegion(
  map: ReferenceMap,
  [x1 = 0, y1 = 0, x2 = 0, y2 = 0]: readonly number[],
  { size, samplingRatio }: RoiAlignOptions,
): number[] {
  const pooled: number[] = [];
  const placesOf = (start: number, end: number, bin: number) => {
    const count = samplingRatio || Math.ceil((end - start) / size);
    return Array.from(
      { length: count },
      (_, k) => start - 0.5 + (bin + (k + 0.5) / count) * (end - start) / size,
    );
  };
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) {
      const [rows, columns] = [placesOf(y1, y2, i), placesOf(x1, x2, j)];
      for (let channel = 0; channel < map.shape[2]; channel++) {
        const samples = rows.flatMap((y) => columns.map((x) => sample(map, y, x, channel)));
        const sum = samples.reduce((a, b) => a + b, 0);
        pooled.push(sum / Math.max(1, samples.length));
      }
    }
  }
  return pooled;
}

function sample(
  { shape: [height, width, channels], values }: ReferenceMap,
  y: number,
  x: number,
  channel: number,
): number {
  if (y < -1 || y > height || x < -1 || x > width) return 0;
  const [row, column] = [
    Math.min(Math.max(y, 0), height - 1),
    Math.min(Math.max(x, 0), width - 1),
  ];
  let sum = 0;
  for (const i of [Math.floor(row), Math.floor(row) + 1]) {
    for (const j of [Math.floor(column), Math.floor(column) + 1]) {
      const weight = (1 - Math.abs(row - i)) * (1 - Math.abs(column - j));
      if (weight > 0) sum += weight * (values[(i * width + j) * channels + channel] ?? NaN);
    }
  }
  return sum;
}
