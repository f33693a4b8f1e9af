/** Regions of a feature pyramid, pooled to one size. */
import { flatGrid, ShapeError, sizeOf, type Tensor } from "@vicinity/tensor";
import type { RoiConfig } from "../detection/config.ts";
import { ROI_ALIGN_THREADS, roiAlign as build } from "../kernels/roi_align.ts";

/** Options of {@link roiAlign}. */
export interface RoiAlignOptions extends RoiConfig {
  /** Side of the result. */
  readonly size: number;
}

/**
 * `SingleRoIExtractor` of mmdetection with `RoIAlign` of mmcv (`aligned=True`, average): each region
 * is taken from the level that suits its size.
 *
 * @param maps f32 `[1, height, width, channels]` each, fine to coarse; as many as there are strides.
 * @param regions f32 `[n, 4]`, x1, y1, x2, y2 in pixels of the network's input.
 * @param options Size, strides, samples.
 * @returns `[n, size, size, channels]`.
 * @throws {ShapeError} If the shapes do not fit.
 *
 * @example
 * ```ts
 * import { open } from "@vicinity/tensor";
 * import { roiAlign } from "@vicinity/vision";
 *
 * using gpu = await open();
 * const map = gpu.tensor([1, 2, 2, 1], new Float32Array([1, 2, 3, 4]));
 * const whole = gpu.tensor([1, 4], new Float32Array([0, 0, 2, 2]));
 * const options = { size: 2, strides: [1], finestScale: 56, samplingRatio: 0 };
 * const [y] = await gpu.read([roiAlign([map], whole, options)]);
 * console.assert(y?.join() === "1,2,3,4");
 * ```
 */
export function roiAlign(
  maps: readonly Tensor[],
  regions: Tensor,
  options: RoiAlignOptions,
): Tensor {
  const { size, strides, finestScale, samplingRatio } = options;
  const channels = maps[0]?.shape[3] ?? 0;
  const levels = strides.flatMap((stride, level) => {
    const [batch, height = 0, width = 0, own] = maps[level]?.shape ?? [];
    const map = batch === 1 && own === channels ? maps[level] : undefined;
    return map ? [{ map, height, width, stride }] : [];
  });
  if (levels.length === 0 || levels.length < strides.length || regions.shape[1] !== 4) {
    throw new ShapeError(
      `Cannot pool regions [${regions.shape}] of maps ${
        maps.map(({ shape }) => `[${shape}]`).join(", ")
      }: give [n, 4] and a map [1, height, width, channels] for each of ${strides.length} strides.`,
    );
  }
  const { gpu } = regions;
  const y = gpu.empty([regions.shape[0] ?? 0, size, size, channels]);
  const vector = channels % 4 === 0;
  const step = vector ? 4 : 1;
  const total = sizeOf(y.shape) / step;
  // A dispatch a level: choosing the map inside the kernel took 1.7 times as long on llvmpipe.
  for (const [level, { map, height, width, stride }] of levels.entries()) {
    gpu.dispatch({
      kernel: gpu.kernel("roi align", { vector }, build),
      tensors: [map, regions, y],
      params: [
        ...[total, channels / step, size, samplingRatio],
        ...[height, width, 1 / stride],
        ...[level, levels.length, finestScale],
      ],
      grid: flatGrid(Math.ceil(total / ROI_ALIGN_THREADS)),
      // Regions that cover the whole map.
      iterations: levels.length +
        (samplingRatio || Math.ceil(height / size)) * (samplingRatio || Math.ceil(width / size)),
    });
  }
  return y;
}
