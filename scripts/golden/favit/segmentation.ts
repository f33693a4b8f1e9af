/** Semantic FPN: whole pictures, pictures through a window, and published networks. */
import { SemanticFpnFavit, type SemanticFpnFavitConfig } from "@vicinity/favit";
import { argmax, type Gpu, slice, type Tensor } from "@vicinity/tensor";
import {
  bilinear,
  type Extent,
  labelPixels,
  type Look,
  type Part,
  type PartScores,
  planLooks,
  scoreTables,
  type SlidingWindow,
} from "@vicinity/vision";
import { resizeByTables } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { LABELS } from "../tolerance.ts";
import {
  backboneOf,
  hashedPicture,
  picturesOf,
  publishedBackbone,
  type StoredBackbone,
  type StoredReal,
} from "./classifier.ts";
import { type Named, planesOf, shown, shownValues } from "./shown.ts";

interface StoredItem {
  readonly ori_shape: Extent | null;
  readonly slide: { readonly crop: Extent; readonly stride: Extent } | null;
}

interface StoredSegmenter {
  readonly backbone: StoredBackbone;
  readonly fpn_out: number;
  readonly head_channels: number;
  readonly num_classes: number;
  readonly items: readonly StoredItem[];
}

function mapsOf(start: string, features: readonly Tensor[], pyramid: readonly Tensor[]): Named[] {
  return [
    ...features.map((tensor, index) => ({
      name: `${start}backbone${index + 1}`,
      tensor,
      planar: true,
    })),
    ...pyramid.map((tensor, index) => ({ name: `${start}neck${index}`, tensor, planar: true })),
  ];
}

async function loaded(gpu: Gpu, golden: GoldenCase, config: SemanticFpnFavitConfig) {
  return await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new SemanticFpnFavit(parameters, store, config),
  );
}

/** Tiny networks on normalised pictures. */
export async function* runSemanticFpn(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const stored = golden.json("config") as StoredSegmenter;
  using segmenter = await loaded(gpu, golden, {
    backbone: backboneOf(stored.backbone),
    pyramid: stored.fpn_out,
    channels: stored.head_channels,
    classes: stored.num_classes,
  });
  for (const [index, { ori_shape, slide }] of stored.items.entries()) {
    using _scope = gpu.scope();
    const x = await picturesOf(gpu, golden, `input.image${index}`);
    if (slide) {
      const window = { size: slide.crop, stride: slide.stride };
      yield* throughWindow(gpu, golden, segmenter.network, { x, index, window });
      continue;
    }
    const { features, pyramid, logits } = segmenter.network.forward(x);
    yield* shown(gpu, golden, [
      ...mapsOf(`mid.${index}.`, features, pyramid),
      { name: `output.${index}.head_logits`, tensor: logits, planar: true },
    ]);
    const size = extentOf(x);
    yield* shown(gpu, golden, [
      {
        name: `output.${index}.resized_logits`,
        tensor: bilinear(bilinear(logits, size), ori_shape ?? size),
        planar: true,
      },
    ]);
    const look: Look = { fitted: size, size, mirrored: false, parts: [whole(size)] };
    const tables = scoreTables(look, whole(size), extentOf(logits), ori_shape ?? size);
    const { classes } = labelPixels([[{ logits, ...tables }]], ori_shape ?? size);
    yield* shown(gpu, golden, [
      { name: `output.${index}.argmax`, tensor: classes, tolerance: LABELS },
    ]);
  }
}

const extentOf = ({ shape: [, rows = 0, columns = 0] }: Tensor): Extent => [rows, columns];
const whole = (size: Extent): Part => ({ top: 0, left: 0, size });

async function* throughWindow(
  gpu: Gpu,
  golden: GoldenCase,
  network: SemanticFpnFavit,
  { x, index, window }: {
    readonly x: Tensor;
    readonly index: number;
    readonly window: SlidingWindow;
  },
): AsyncGenerator<Produced> {
  const size = extentOf(x);
  const [look] = planLooks(size, {
    longest: Math.max(...size),
    shortest: Math.min(...size),
    window,
  });
  if (!look) throw new TypeError("A picture is looked at once.");
  const name = (part: string) => `output.${index}.slide_${part}`;
  yield {
    name: name("windows_y1y2x1x2"),
    values: look.parts.flatMap(({ top, left, size: [rows, columns] }) => [
      ...[top, top + rows],
      ...[left, left + columns],
    ]),
  };
  const parts: PartScores[] = look.parts.map((part) => {
    const { top, left, size: [rows, columns] } = part;
    const { logits } = network.forward(slice(slice(x, 1, top, rows), 2, left, columns));
    return { logits, ...scoreTables(look, part, extentOf(logits), size) };
  });
  const placed = await gpu.read(
    parts.map(({ logits, rows, cols }) => resizeByTables(logits, rows, cols)),
  );
  const sum = new Float64Array(placed[0]?.length ?? 0);
  for (const values of placed) {
    for (const at of sum.keys()) sum[at] = (sum[at] ?? 0) + (values[at] ?? 0);
  }
  const classes = sum.length / size[0] / size[1];
  yield* shownValues(golden, name("logits"), planesOf(sum, [1, ...size, classes]));
  yield* shown(gpu, golden, [
    { name: name("argmax"), tensor: labelPixels([parts], size).classes, tolerance: LABELS },
  ]);
}

/** A published segmenter with weights and picture from the formula. */
export async function* runPublishedSegmenter(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const stored = golden.json("config") as StoredReal & StoredSegmenter;
  using segmenter = await loaded(gpu, golden, {
    backbone: publishedBackbone(golden, stored),
    pyramid: stored.fpn_out,
    channels: stored.head_channels,
    classes: stored.num_classes,
  });
  const { features, pyramid, logits } = segmenter.network.forward(
    hashedPicture(gpu, golden, stored),
  );
  yield* shown(gpu, golden, [
    ...mapsOf("mid.", features, pyramid),
    { name: "output.head_logits", tensor: logits, planar: true },
    { name: "output.head_argmax", tensor: argmax(logits), tolerance: LABELS },
  ]);
}
