/** Mask R-CNN: from a normalised picture to boxes, classes and masks. */
import { DETECTORS, FavitMaskRcnn } from "@vicinity/favit";
import type { Gpu } from "@vicinity/tensor";
import { NOTHING, pasteMask, type TwoStageConfig, type TwoStageOutput } from "@vicinity/vision";
import { inPhoto } from "../dinat/detection_ops.ts";
import type { GoldenCase } from "../golden_case.ts";
import { joined } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { MASKS, PROPOSALS } from "../tolerance.ts";
import { comparedBoxes } from "./boxes.ts";
import { backboneOf, picturesOf, type StoredBackbone } from "./classifier.ts";
import { planesOf, shown, shownValues } from "./shown.ts";

interface StoredRules {
  readonly nms: { readonly iou_threshold: number };
  readonly max_per_img: number;
}

interface StoredMaskRcnn {
  readonly backbone: StoredBackbone;
  readonly fpn_out: number;
  readonly fc_out: number;
  readonly mask_conv_out: number;
  readonly num_classes: number;
  readonly img_shape: readonly [number, number];
  readonly ori_shape: readonly [number, number];
  readonly scale_factor: readonly [number, number, number, number];
  readonly test_cfg: {
    readonly rpn: StoredRules & { readonly nms_pre: number };
    readonly rcnn: StoredRules & { readonly score_thr: number; readonly mask_thr_binary: number };
  };
}

/** The published rules with the extents of a file. */
function configOf(stored: StoredMaskRcnn): TwoStageConfig {
  const network = DETECTORS["mask_rcnn-favit-b0"]?.network;
  if (!network || !("detector" in network)) throw new TypeError("No published network is known.");
  const { detector: usual } = network;
  const { rpn, rcnn } = stored.test_cfg;
  return {
    ...usual,
    classes: stored.num_classes,
    neck: { ...usual.neck, channels: stored.fpn_out },
    rpn: { ...usual.rpn, channels: stored.fpn_out },
    stages: usual.stages.map((stage) => ({ ...stage, fcChannels: stored.fc_out })),
    mask: {
      roiSize: 14,
      convs: 4,
      channels: stored.mask_conv_out,
      threshold: rcnn.mask_thr_binary,
    },
    proposals: {
      ...usual.proposals,
      preNms: rpn.nms_pre,
      postNms: rpn.max_per_img,
      iou: rpn.nms.iou_threshold,
    },
    detections: {
      scoreThreshold: rcnn.score_thr,
      iou: rcnn.nms.iou_threshold,
      max: rcnn.max_per_img,
    },
  };
}

/** Detections and what led to them. */
export async function* runMaskRcnn(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const stored = golden.json("config") as StoredMaskRcnn;
  const detector = configOf(stored);
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new FavitMaskRcnn(parameters, store, { backbone: backboneOf(stored.backbone), detector }),
  );
  const output = loaded.network.forward(await picturesOf(gpu, golden, "input.image"), {
    clip: gpu.tensor([2], Float32Array.from(stored.img_shape)),
    scale: gpu.tensor([4], Float32Array.from(stored.scale_factor)),
  });
  const planar = true;
  yield* shown(gpu, golden, [
    ...output.pyramid.map((tensor, level) => ({ name: `mid.neck${level}`, tensor, planar })),
    ...output.levels.flatMap(({ logits, deltas }, level) => [
      { name: `mid.rpn_cls${level}`, tensor: logits, planar },
      { name: `mid.rpn_reg${level}`, tensor: deltas, planar },
    ]),
  ]);
  yield* regions(gpu, golden, output);
  yield* detections(gpu, golden, output, stored);
}

/** Proposals and what the box head says of them. */
async function* regions(
  gpu: Gpu,
  golden: GoldenCase,
  { proposals, stages: [stage] }: TwoStageOutput,
): AsyncGenerator<Produced> {
  if (!stage) throw new TypeError("Cannot compare regions: there is no box head.");
  const [boxes = [], objectness = [], pooled = [], logits = [], deltas = []] = await gpu.read([
    ...[proposals.regions, proposals.objectness],
    ...[stage.pooled, stage.logits, stage.deltas],
  ]);
  const count = Array.from(objectness).filter((score) => score > NOTHING).length;
  const rows = Array.from({ length: count }, (_, index) => [
    ...boxes.slice(4 * index, 4 * index + 4),
    objectness[index] ?? NaN,
  ]);
  yield* comparedBoxes(golden, "mid.proposals", rows.flat(), PROPOSALS);
  const first = (values: ArrayLike<number>, all: number) =>
    Float64Array.from(Array.from(values).slice(0, values.length / all * count));
  const [all = 1, ...shape] = stage.pooled.shape;
  yield* shownValues(golden, "mid.roi_feats", planesOf(first(pooled, all), [count, ...shape]));
  yield* shownValues(golden, "mid.cls_score", first(logits, all));
  yield* shownValues(golden, "mid.bbox_pred", first(deltas, all));
}

async function* detections(
  gpu: Gpu,
  golden: GoldenCase,
  { detections: { boxes, scores, classIds, masks } }: TwoStageOutput,
  { ori_shape: [height, width], test_cfg }: StoredMaskRcnn,
): AsyncGenerator<Produced> {
  if (!masks) throw new TypeError("Cannot compare masks: there are none.");
  const [corners = [], likely = [], ids = [], soft = []] = await gpu.read([
    ...[boxes, scores, classIds, masks],
  ]);
  const count = Array.from(likely).filter((score) => score > NOTHING).length;
  const side = masks.shape[1] ?? 0;
  const found = Array.from({ length: count }, (_, index) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0] = corners.slice(4 * index, 4 * index + 4);
    const probabilities = Float32Array.from(soft.slice(index * side ** 2, (index + 1) * side ** 2));
    return { box: [x1, y1, x2, y2] as const, score: likely[index] ?? NaN, probabilities };
  });
  const rows = found.flatMap(({ box, score }) => [...box, score]);
  yield* comparedBoxes(golden, "output.dets", rows);
  yield { name: "output.labels", values: Array.from(ids).slice(0, count) };
  const logits = await golden.tensor("mid.mask_logits");
  yield {
    name: "mid.mask_logits",
    values: joined(found.map(({ probabilities }) => probabilities)),
    expected: { ...logits, values: logits.values.map((logit) => 1 / (1 + Math.exp(-logit))) },
  };
  const photo = { width, height };
  const pasted = found.map(({ box, probabilities }) => {
    const threshold = test_cfg.rcnn.mask_thr_binary;
    const { data, ...region } = pasteMask({ side, probabilities }, box, photo, threshold);
    return inPhoto(data, region, photo);
  });
  yield { name: "output.masks", values: joined(pasted), tolerance: MASKS };
}
