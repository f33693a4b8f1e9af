/** Mask R-CNN and Cascade Mask R-CNN: from a photograph to boxes, classes and masks. */
import { Detector, type DetectorDescription, DETECTORS, TwoStageDinat } from "@vicinity/dinat";
import type { Gpu, Tensor } from "@vicinity/tensor";
import {
  type BoxHeadConfig,
  classesOf,
  type Detection,
  NOTHING,
  pasteMask,
  preprocessDetection,
  type RgbPicture,
} from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, joined, samplesOf } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { BOXES, MASKS, TINY_NETWORK, type Tolerance } from "../tolerance.ts";
import { weightsOf } from "../weights.ts";
import { backboneOf } from "./backbone.ts";
import { inPhoto } from "./detection_ops.ts";
import { pictureOf } from "./host_maths.ts";

interface StoredRules {
  readonly nms: { readonly iou_threshold: number };
  readonly max_per_img: number;
}

interface StoredProposalRules extends StoredRules {
  readonly nms_pre: number;
  readonly min_bbox_size: number;
}

interface StoredDetectionRules extends StoredRules {
  readonly score_thr: number;
  readonly mask_thr_binary: number;
}

/** What the metadata and the shapes of the weights say. */
function configOf(golden: GoldenCase): DetectorDescription {
  const cascade = golden.json("cascade") === true;
  const { detector: usual } =
    DETECTORS[cascade ? "cascade-dinat-mini" : "mask_rcnn-dinat-mini"]?.network ?? {};
  if (!usual) throw new TypeError("Cannot describe the detector: no published one is known.");
  const rpn = golden.json("rpn_cfg") as StoredProposalRules;
  const rcnn = golden.json("rcnn_cfg") as StoredDetectionRules;
  const [longest = 0, shortest = 0] = golden.extents("img_scale");
  const head = (name: string) => `weight.roi_head.${name}${cascade ? ".0" : ""}`;
  const count = (start: string, end: string) =>
    golden.names(start).filter((name) => name.endsWith(end)).length;
  const extent = (name: string, axis: number) => golden.file.entry(name).shape[axis] ?? 0;
  const boxes: Omit<BoxHeadConfig, "stds"> = {
    roiSize: 7,
    convs: count(`${head("bbox_head")}.shared_convs.`, ".conv.weight"),
    convChannels: golden.number("fpn_channels"),
    fcs: count(`${head("bbox_head")}.shared_fcs.`, ".weight"),
    fcChannels: golden.number("fc_out"),
  };
  const classCount = golden.number("num_classes");
  return {
    classes: classesOf(Array.from({ length: classCount }, (_, id) => `class ${id}`)),
    input: { longest, shortest, divisor: 32 },
    network: {
      backbone: backboneOf(golden),
      detector: {
        ...usual,
        classes: classCount,
        neck: { ...usual.neck, channels: golden.number("fpn_channels") },
        rpn: { ...usual.rpn, channels: extent("weight.rpn_head.rpn_conv.weight", 0) },
        cascade,
        stages: (golden.json("stds") as BoxHeadConfig["stds"][])
          .map((stds) => ({ ...boxes, stds })),
        mask: {
          roiSize: 14,
          convs: count(`${head("mask_head")}.convs.`, ".conv.weight"),
          channels: extent(`${head("mask_head")}.upsample.weight`, 1),
          threshold: rcnn.mask_thr_binary,
        },
        proposals: {
          preNms: rpn.nms_pre,
          postNms: rpn.max_per_img,
          iou: rpn.nms.iou_threshold,
          minSize: rpn.min_bbox_size,
        },
        detections: {
          scoreThreshold: rcnn.score_thr,
          iou: rcnn.nms.iou_threshold,
          max: rcnn.max_per_img,
        },
      },
    },
  };
}

/** Detections through the public class, and what led to them through the network. */
export async function* runTwoStage(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  const config = configOf(golden);
  const photo = await pictureOf(golden);
  {
    using weights = await weightsOf(golden);
    using detector = await Detector.load({
      gpu,
      weights: {
        ...weights.source,
        form: "safetensors",
        metadata: { config: JSON.stringify(config) },
      },
    });
    const found = await detector.run(photo);
    yield* comparedBoxes(
      golden,
      "output.det_bboxes",
      found.flatMap(({ box, score }) => [...box, score]),
    );
    yield { name: "output.det_labels", values: found.map(({ classId }) => classId) };
    yield await comparedMasks(golden, found, photo, detector.maskThreshold);
  }
  yield* intermediates(gpu, golden, photo, config);
}

/** Rows of a box and its score, each with its own bar. */
async function* comparedBoxes(
  golden: GoldenCase,
  name: string,
  rows: ArrayLike<number>,
): AsyncGenerator<Produced> {
  const { shape, values } = await golden.tensor(name);
  const parts: [Tolerance, (column: number) => boolean][] = [
    [BOXES, (column) => column < 4],
    [TINY_NETWORK, (column) => column === 4],
  ];
  for (const [tolerance, wanted] of parts) {
    const part = (all: ArrayLike<number>) =>
      Float64Array.from(Array.from(all).filter((_, at) => wanted(at % 5)));
    yield { name, values: part(rows), expected: { shape, values: part(values) }, tolerance };
  }
}

/** Pixels of every mask; in the file eight are a byte, the first one highest. */
async function comparedMasks(
  golden: GoldenCase,
  found: readonly Detection[],
  photo: RgbPicture,
  threshold: number,
): Promise<Produced> {
  const packed = await golden.tensor("output.masks");
  const pixels = photo.width * photo.height;
  const expected = samplesOf(packed, 1).map(({ values }) =>
    Float64Array.from({ length: pixels }, (_, at) => (values[at >> 3] ?? 0) >> (7 - at % 8) & 1)
  );
  const masks = found.map(({ mask, box }) => {
    if (!mask) throw new TypeError("Cannot compare masks: a detection has none.");
    const { data, ...region } = pasteMask(mask, box, photo, threshold);
    return inPhoto(data, region, photo);
  });
  return {
    name: "output.masks",
    values: joined(masks),
    expected: { shape: [expected.length, pixels], values: Float64Array.from(joined(expected)) },
    tolerance: MASKS,
  };
}

async function* intermediates(
  gpu: Gpu,
  golden: GoldenCase,
  photo: RgbPicture,
  config: DetectorDescription,
): AsyncGenerator<Produced> {
  using _scope = gpu.scope();
  const { values, width, height, resized, scaleFactor } = preprocessDetection(photo, config.input);
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new TwoStageDinat(parameters, store, config.network),
  );
  const { pyramid, levels, proposals, stages, logits, detections } = loaded.network.forward(
    gpu.tensor([1, height, width, 3], values),
    {
      clip: gpu.tensor([2], Float32Array.from(resized)),
      scale: gpu.tensor([4], Float32Array.from(scaleFactor)),
    },
  );
  const [regions = [], objectness = []] = await gpu.read([
    proposals.regions,
    proposals.objectness,
  ]);
  const count = Array.from(objectness).filter((score) => score > NOTHING).length;
  const rows = Array.from({ length: count }, (_, index) => [
    ...regions.slice(4 * index, 4 * index + 4),
    objectness[index] ?? NaN,
  ]);
  if (golden.has("mid.proposals")) yield* comparedBoxes(golden, "mid.proposals", rows.flat());
  const named: [string, Tensor, Tolerance?][] = [
    ...pyramid.map((map, level): [string, Tensor] => [`mid.fpn${level}`, map]),
    ...levels.flatMap(({ logits, deltas }, level): [string, Tensor][] => [
      [`mid.rpn_cls${level}`, logits],
      [`mid.rpn_reg${level}`, deltas],
    ]),
    ...stages.flatMap((stage, index): [string, Tensor, Tolerance?][] => [
      [`mid.stage${index}.rois`, stage.regions, BOXES],
      [`mid.stage${index}.cls_score`, stage.logits],
      [`mid.stage${index}.bbox_pred`, stage.deltas],
      [`mid.stage${index}.bbox_feats_slice`, stage.pooled],
    ]),
    ["mid.avg_cls_score", logits],
    ...(detections.masks ? [["mid.mask_prob", detections.masks] as [string, Tensor]] : []),
  ];
  const asked = named.filter(([name]) => golden.has(name));
  const read = await gpu.read(asked.map(([, tensor]) => tensor));
  for (const [index, [name, { shape }, tolerance]] of asked.entries()) {
    const own = shownPart(read[index] ?? [], shape, golden.file.entry(name).shape);
    yield { name, values: own, ...(tolerance ? { tolerance } : {}) };
  }
}

/** What a file holds of a tensor: its first rows, of maps the first channels, and with regions a picture. */
function shownPart(
  values: ArrayLike<number>,
  shape: readonly number[],
  expected: readonly number[],
): Float64Array {
  const [rows = 0, columns = 1] = expected;
  const all = Float64Array.from(Array.from(values));
  const size = all.length / (shape[0] ?? 1);
  const shown = Array.from({ length: rows }, (_, row) => all.slice(row * size, (row + 1) * size));
  if (shape.length === 4) {
    const channels = shape[3] ?? 1;
    const area = size / channels;
    return joined(shown.map((map) => channelsFirst(map, channels).slice(0, columns * area)));
  }
  if (shape.length === 2 && shape[1] === 4 && columns === 5) {
    return joined(shown.map((row) => Float64Array.of(0, ...row)));
  }
  return joined(shown);
}
