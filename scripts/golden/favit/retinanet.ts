/** RetinaNet: tiny networks to detections in both orders of selection, published ones to logits. */
import { DETECTORS, type FavitConfig, FavitRetinaNet } from "@vicinity/favit";
import type { Gpu } from "@vicinity/tensor";
import {
  type ClassBox,
  retinaDetections,
  type RetinaNetConfig,
  type RetinaNetOutput,
} from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { comparedBoxes } from "./boxes.ts";
import {
  backboneOf,
  hashedPicture,
  picturesOf,
  publishedBackbone,
  type StoredBackbone,
  type StoredReal,
} from "./classifier.ts";
import { type Named, shown } from "./shown.ts";

interface StoredRetinaNet {
  readonly fpn_out: number;
  readonly feat_channels: number;
  readonly num_classes: number;
}

interface StoredTiny extends StoredRetinaNet {
  readonly backbone: StoredBackbone;
  readonly img_shape: readonly [number, number];
  readonly scale_factor: readonly [number, number, number, number];
  readonly test_cfg: {
    readonly nms_pre: number;
    readonly score_thr: number;
    readonly nms: { readonly iou_threshold: number };
    readonly max_per_img: number;
  };
}

/** The published rules with the extents of a file. */
function retinaOf({ fpn_out, feat_channels, num_classes }: StoredRetinaNet): RetinaNetConfig {
  const network = DETECTORS["retinanet-favit-b0"]?.network;
  if (!network || !("retina" in network)) throw new TypeError("No published RetinaNet is known.");
  const { retina } = network;
  return {
    ...retina,
    classes: num_classes,
    neck: { ...retina.neck, channels: fpn_out },
    channels: feat_channels,
  };
}

async function loaded(
  gpu: Gpu,
  golden: GoldenCase,
  backbone: FavitConfig,
  retina: RetinaNetConfig,
) {
  return await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new FavitRetinaNet(parameters, store, { backbone, retina }),
  );
}

type Output = ReturnType<FavitRetinaNet["forward"]>;

function mapsOf({ features, pyramid, levels }: Output): Named[] {
  const planar = true;
  return [
    ...features.map((tensor, index) => ({ name: `mid.backbone${index + 1}`, tensor, planar })),
    ...pyramid.map((tensor, index) => ({ name: `mid.neck${index}`, tensor, planar })),
    ...levels.flatMap(({ logits, deltas }, level) => [
      { name: `output.cls_score${level}`, tensor: logits, planar },
      { name: `output.bbox_pred${level}`, tensor: deltas, planar },
    ]),
  ];
}

/** From a normalised picture to detections. */
export async function* runRetinaNet(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const stored = golden.json("config") as StoredTiny;
  const { test_cfg: rules } = stored;
  const retina: RetinaNetConfig = {
    ...retinaOf(stored),
    preNms: rules.nms_pre,
    detections: {
      scoreThreshold: rules.score_thr,
      iou: rules.nms.iou_threshold,
      max: rules.max_per_img,
    },
  };
  const orders = [["anchors", "classic"], ["pairs", "filtered"]] as const;
  for (const [order, name] of orders) {
    using _scope = gpu.scope();
    const config = { ...retina, order };
    using detector = await loaded(gpu, golden, backboneOf(stored.backbone), config);
    const output = detector.network.forward(await picturesOf(gpu, golden, "input.image"));
    if (order === "anchors") yield* shown(gpu, golden, mapsOf(output));
    const found = await foundBoxes(gpu, output, config, stored);
    const rows = found.flatMap(({ box, score }) => [...box, score]);
    yield* comparedBoxes(golden, `output.dets_${name}`, rows);
    yield { name: `output.labels_${name}`, values: found.map(({ classId }) => classId) };
  }
}

async function foundBoxes(
  gpu: Gpu,
  { candidates, levels }: RetinaNetOutput,
  config: RetinaNetConfig,
  { img_shape, scale_factor }: StoredTiny,
): Promise<ClassBox[]> {
  const read = await gpu.read(
    candidates.flatMap(({ logits, indices, deltas }) => [logits, indices, deltas]),
  );
  const perLevel = candidates.map((_, level) => {
    const [logits = [], indices = [], deltas = []] = read.slice(3 * level, 3 * level + 3);
    return { logits, indices, deltas };
  });
  const columns = levels.map(({ logits }) => logits.shape[2] ?? 0);
  return retinaDetections(perLevel, { clip: img_shape, scale: scale_factor, columns }, config);
}

/** A published detector with weights and picture from the formula. */
export async function* runPublishedRetinaNet(
  golden: GoldenCase,
  tools: Tools,
): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const stored = golden.json("config") as StoredReal & StoredRetinaNet;
  using detector = await loaded(
    gpu,
    golden,
    publishedBackbone(golden, stored),
    retinaOf(stored),
  );
  yield* shown(gpu, golden, mapsOf(detector.network.forward(hashedPicture(gpu, golden, stored))));
}
