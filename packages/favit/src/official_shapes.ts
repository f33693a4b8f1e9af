/** Extents of networks by the shapes of the weights in official files. */
import type { Checkpoint } from "@vicinity/checkpoint";
import type { RetinaNetConfig, TwoStageConfig } from "@vicinity/vision";
import { BACKBONES, type FavitConfig } from "./config.ts";
import type { SemanticFpnFavitConfig } from "./dense.ts";

/** A stage as a {@link FavitConfig} has it. */
interface Stage {
  readonly embedDim: number;
  readonly heads: number;
  readonly mlpRatio: number;
  readonly depth: number;
  readonly srRatio: number;
}

/**
 * The backbone of an official file. Where the shapes are of no published size, they decide; a file of
 * another published size than the named one stays an error, which lists its weights.
 *
 * @param checkpoint The file.
 * @param prefix What its keys begin with: nothing in classifiers, `backbone.` elsewhere.
 * @param named The size that the user named.
 * @returns The backbone.
 */
export function backboneOf(
  checkpoint: Checkpoint,
  prefix: "" | "backbone.",
  named: FavitConfig,
): FavitConfig {
  const stages = stagesIn(checkpoint, prefix);
  if (stages.length === 0) return named;
  const own = {
    embedDims: stages.map(({ embedDim }) => embedDim),
    heads: stages.map(({ heads }) => heads),
    mlpRatios: stages.map(({ mlpRatio }) => mlpRatio),
    depths: stages.map(({ depth }) => depth),
    srRatios: stages.map(({ srRatio }) => srRatio),
  };
  const text = JSON.stringify(own);
  const isPublished = Object.values(BACKBONES).some((size) => JSON.stringify(size) === text);
  return isPublished ? named : own;
}

/** All stages; none where one of them is no stage of a FaViT. */
function stagesIn(checkpoint: Checkpoint, prefix: string): Stage[] {
  const stages: Stage[] = [];
  while (checkpoint.find(`${prefix}patch_embed${stages.length + 1}.proj.weight`)) {
    const stage = stageIn(checkpoint, `${prefix}block${stages.length + 1}`);
    if (stage === undefined) return [];
    stages.push(stage);
  }
  return stages;
}

function stageIn(checkpoint: Checkpoint, blocks: string): Stage | undefined {
  const shape = (key: string) => checkpoint.find(`${blocks}.0.${key}`)?.shape ?? [];
  const [embedDim = 0] = shape("norm1.weight");
  const [hidden = 0] = shape("mlp.fc1.weight");
  const [, , srRatio = 0] = shape("attn.sr.weight");
  const [headDim = 0] = shape("attn.fcs.0.weight");
  // An eighth of the channels is the global group's, the others are those of one or two local groups.
  const heads = embedDim * 7 / 8 / (srRatio > 1 ? 2 : 1) / headDim;
  if (hidden === 0 || srRatio === 0 || !Number.isInteger(heads)) return undefined;
  let depth = 0;
  while (checkpoint.find(`${blocks}.${depth}.norm1.weight`)) depth++;
  return { embedDim, heads, mlpRatio: hidden / embedDim, depth, srRatio };
}

/** Rows of a weight, or what is usual where it is missing, which loading will say. */
function rows(checkpoint: Checkpoint, key: string, usual: number): number {
  return checkpoint.find(key)?.shape[0] ?? usual;
}

/** How many convolutions a list has. */
function convsIn(checkpoint: Checkpoint, list: string): number {
  let count = 0;
  while (checkpoint.find(`${list}.${count}.conv.weight`)) count++;
  return count;
}

const LATERAL = "neck.lateral_convs.0.conv.weight";

/**
 * A segmenter's extents.
 *
 * @param checkpoint The file.
 * @param usual The published ones.
 * @returns Those of the file.
 */
export function segmenterOf(
  checkpoint: Checkpoint,
  usual: SemanticFpnFavitConfig,
): SemanticFpnFavitConfig {
  return {
    backbone: backboneOf(checkpoint, "backbone.", usual.backbone),
    pyramid: rows(checkpoint, LATERAL, usual.pyramid),
    channels: rows(checkpoint, "decode_head.scale_heads.0.0.conv.weight", usual.channels),
    classes: rows(checkpoint, "decode_head.conv_seg.weight", usual.classes),
  };
}

/**
 * RetinaNet's extents.
 *
 * @param checkpoint The file.
 * @param usual The published ones.
 * @returns Those of the file.
 */
export function retinaOf(checkpoint: Checkpoint, usual: RetinaNetConfig): RetinaNetConfig {
  const kinds = usual.anchors.scales.length * usual.anchors.ratios.length;
  const list = "bbox_head.cls_convs";
  return {
    ...usual,
    classes: rows(checkpoint, "bbox_head.retina_cls.weight", usual.classes * kinds) / kinds,
    neck: { ...usual.neck, channels: rows(checkpoint, LATERAL, usual.neck.channels) },
    convs: convsIn(checkpoint, list) || usual.convs,
    channels: rows(checkpoint, `${list}.0.conv.weight`, usual.channels),
  };
}

/**
 * Mask R-CNN's extents.
 *
 * @param checkpoint The file.
 * @param usual The published ones.
 * @returns Those of the file.
 */
export function twoStageOf(checkpoint: Checkpoint, usual: TwoStageConfig): TwoStageConfig {
  const head = "roi_head.bbox_head";
  const list = "roi_head.mask_head.convs";
  const { mask } = usual;
  return {
    ...usual,
    // The last row is the background.
    classes: rows(checkpoint, `${head}.fc_cls.weight`, usual.classes + 1) - 1,
    neck: { ...usual.neck, channels: rows(checkpoint, LATERAL, usual.neck.channels) },
    rpn: {
      ...usual.rpn,
      channels: rows(checkpoint, "rpn_head.rpn_conv.weight", usual.rpn.channels),
    },
    stages: usual.stages.map((stage) => ({
      ...stage,
      fcChannels: rows(checkpoint, `${head}.shared_fcs.0.weight`, stage.fcChannels),
    })),
    ...(mask && {
      mask: {
        ...mask,
        convs: convsIn(checkpoint, list) || mask.convs,
        channels: rows(checkpoint, `${list}.0.conv.weight`, mask.channels),
      },
    }),
  };
}
