/** UPerNet: the head alone on given maps, and the way from a photograph to its classes. */
import { UperNetDinat } from "@vicinity/dinat";
import type { Gpu, Tensor } from "@vicinity/tensor";
import {
  labelPixels,
  planLooks,
  preprocessDense,
  scoreTables,
  UperNetHead,
} from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, channelsLast } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { HALF, LABELS } from "../tolerance.ts";
import { backboneOf } from "./backbone.ts";
import { pictureOf } from "./host_maths.ts";

function headOf(golden: GoldenCase) {
  return {
    channels: golden.number("channels"),
    classes: golden.number("num_classes"),
    poolScales: golden.extents("pool_scales"),
  };
}

async function mapOf(gpu: Gpu, golden: GoldenCase, name: string): Promise<Tensor> {
  const { shape, values } = await golden.tensor(name);
  const sample = channelsLast({ shape: shape.slice(1), values });
  return gpu.tensor([1, ...sample.shape], Float32Array.from(sample.values));
}

/** The head. */
export async function* runUperNetHead(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const [a, b, c, d] = [
    await mapOf(gpu, golden, "input.feat0"),
    await mapOf(gpu, golden, "input.feat1"),
    await mapOf(gpu, golden, "input.feat2"),
    await mapOf(gpu, golden, "input.feat3"),
  ];
  const channels = (map: Tensor) => map.shape.at(-1) ?? 0;
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new UperNetHead(parameters, store.at("decode_head"), {
        inputs: [channels(a), channels(b), channels(c), channels(d)],
        ...headOf(golden),
      }),
  );
  const [logits = []] = await gpu.read([loaded.network.forward([a, b, c, d])]);
  yield { name: "output.logits", values: channelsFirst(logits, golden.number("num_classes")) };
}

/** Photograph to classes. */
export async function* runUperNet(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const photo = await pictureOf(golden);
  const [longest = 0, shortest = 0] = golden.extents("img_scale");
  const { values, width, height } = preprocessDense(photo, { longest, shortest, divisor: 1 });
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new UperNetDinat(parameters, store, { backbone: backboneOf(golden), ...headOf(golden) }),
  );
  const { features, logits } = loaded.network.forward(gpu.tensor([1, height, width, 3], values));
  const size = [photo.height, photo.width] as const;
  const [, rows = 0, columns = 0] = logits.shape;
  const [look] = planLooks(size, { longest, shortest });
  const [part] = look?.parts ?? [];
  if (!look || !part) throw new TypeError("A picture is looked at as a whole.");
  const tables = scoreTables(look, part, [rows, columns], size);
  const labels = labelPixels([[{ logits, ...tables }]], size);
  const [seg = [], likely = [], scores = [], ...maps] = await gpu.read([
    labels.classes,
    labels.probabilities,
    logits,
    ...features,
  ]);
  yield { name: "output.seg", values: seg, tolerance: LABELS };
  if (golden.has("output.prob_max")) {
    yield { name: "output.prob_max", values: likely, tolerance: HALF };
  }
  const classes = golden.number("num_classes");
  const named: [string, ArrayLike<number>, Tensor, number][] = [
    ["logits", scores, logits, classes],
    ...features.map((map, index): [string, ArrayLike<number>, Tensor, number] => [
      `feat${index}`,
      maps[index] ?? [],
      map,
      8,
    ]),
  ];
  for (const [name, data, { shape }, first] of named) {
    const planes = channelsFirst(data, shape.at(-1) ?? 1);
    for (const stem of [`mid.${name}`, `output.${name}`]) {
      if (golden.has(stem)) yield { name: stem, values: planes };
      if (!golden.has(`${stem}.slice`)) continue;
      const step = name === "logits" ? 8 : 6;
      yield { name: `${stem}.slice`, values: sliceOf(planes, shape, first, step) };
    }
  }
}

/** `[:first, ::max(1, H // parts), ::max(1, W // parts)]` of planes. */
function sliceOf(
  planes: ArrayLike<number>,
  [, height = 1, width = 1]: readonly number[],
  first: number,
  parts: number,
): number[] {
  const [stepY, stepX] = [height, width].map((extent) => Math.max(1, Math.floor(extent / parts)));
  const slice: number[] = [];
  for (let c = 0; c < first; c++) {
    for (let y = 0; y < height; y += stepY ?? 1) {
      for (let x = 0; x < width; x += stepX ?? 1) {
        slice.push(planes[(c * height + y) * width + x] ?? NaN);
      }
    }
  }
  return slice;
}
