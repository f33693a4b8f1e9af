/** Operations of detectors: pooled regions and pasted masks. */
import type { Gpu, Tensor } from "@vicinity/tensor";
import { pasteMask, pasteValues, roiAlign, type RoiAlignOptions } from "@vicinity/vision";
import type { GoldenCase, GoldenTensor } from "../golden_case.ts";
import { channelsFirst, channelsLast, joined, samplesOf } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";

/** Maps `[1, height, width, channels]` of one picture after the other. */
export async function mapsOf(gpu: Gpu, golden: GoldenCase, name: string): Promise<Tensor[]> {
  return samplesOf(await golden.tensor(name), 3).map((sample) => {
    const { shape, values } = channelsLast(sample);
    return gpu.tensor([1, ...shape], Float32Array.from(values));
  });
}

/** Numbers of a picture's regions, and their boxes; the first column tells the picture. */
function regionsOf({ values }: GoldenTensor, picture: number) {
  const numbers = Array.from({ length: values.length / 5 }, (_, index) => index)
    .filter((index) => values[5 * index] === picture);
  const boxes = numbers.flatMap((index) => [...values.slice(5 * index + 1, 5 * index + 5)]);
  return { numbers, boxes };
}

/** Pools the regions of every picture, and puts them back in their order, channels first. */
export async function pooled(
  gpu: Gpu,
  golden: GoldenCase,
  maps: readonly (readonly Tensor[])[],
  options: RoiAlignOptions,
): Promise<Float64Array> {
  const regions = await golden.tensor("input.rois");
  const results: Float64Array[] = [];
  for (const [picture, levels] of maps.entries()) {
    const { numbers, boxes } = regionsOf(regions, picture);
    const region = gpu.tensor([numbers.length, 4], Float32Array.from(boxes));
    const [values = []] = await gpu.read([roiAlign(levels, region, options)]);
    const size = values.length / Math.max(1, numbers.length);
    for (const [at, number] of numbers.entries()) {
      const own = values.slice(at * size, (at + 1) * size);
      results[number] = channelsFirst(own, levels[0]?.shape[3] ?? 1);
    }
  }
  return joined(results);
}

/** One level. */
export async function* runRoiAlign(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const maps = (await mapsOf(gpu, golden, "input.features")).map((map) => [map]);
  const values = await pooled(gpu, golden, maps, {
    size: golden.number("output_size"),
    strides: [1 / golden.number("spatial_scale")],
    finestScale: 56,
    samplingRatio: golden.number("sampling_ratio"),
  });
  yield { name: "output.y", values };
}

/** Every region from the level that suits it. */
export async function* runRoiLevels(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const names = golden.names("input.feat");
  const levels = await Promise.all(names.map((name) => mapsOf(gpu, golden, name)));
  const pictures = (levels[0] ?? []).map((_, picture) =>
    levels.flatMap((maps) => maps[picture] ?? [])
  );
  const values = await pooled(gpu, golden, pictures, {
    size: golden.file.entry("output.y").shape[2] ?? 1,
    strides: names.map((_, level) => 4 * 2 ** level),
    finestScale: 56,
    samplingRatio: 0,
  });
  yield { name: "output.y", values };
}

/** Soft masks in a photograph. */
export async function* runMaskPaste(golden: GoldenCase): AsyncGenerator<Produced> {
  const photo = { width: golden.number("w"), height: golden.number("h") };
  const probabilities = await golden.tensor("input.mask_prob");
  const boxes = (await golden.tensor("input.boxes")).values;
  const side = probabilities.shape[1] ?? 0;
  const things = samplesOf(probabilities, 2).map(({ values }, index) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = boxes.slice(4 * index, 4 * index + 4);
    return {
      mask: { side, probabilities: Float32Array.from(values) },
      box: [x1, y1, x2, y2] as const,
    };
  });
  const pixels = things.map(({ mask, box }) => {
    const { data, ...region } = pasteMask(mask, box, photo);
    return inPhoto(data, region, photo);
  });
  yield { name: "output.mask_u8", values: joined(pixels) };
  const [name = ""] = golden.names("mid.pasted_first");
  const count = name === "" ? 0 : golden.file.entry(name).shape[0] ?? 0;
  const values = things.slice(0, count).map(({ mask, box }) => {
    const { values, ...region } = pasteValues(mask, box, photo);
    return inPhoto(values, region, photo);
  });
  if (count > 0) yield { name, values: joined(values) };
}

/** A region with zeros around it. */
export function inPhoto(
  values: ArrayLike<number>,
  region: {
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
  },
  photo: { readonly width: number; readonly height: number },
): Float64Array {
  const whole = new Float64Array(photo.width * photo.height);
  for (let row = 0; row < region.height; row++) {
    for (let column = 0; column < region.width; column++) {
      const at = (region.y + row) * photo.width + region.x + column;
      whole[at] = values[row * region.width + column] ?? NaN;
    }
  }
  return whole;
}
