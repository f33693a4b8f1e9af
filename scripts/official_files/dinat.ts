/** Files of DiNAT; labels are compared with those of the authors' code. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  Classifier,
  DETECTORS,
  SEGMENTERS,
  TwoStageDinat,
  UperNetDinat,
  VARIANTS,
} from "@vicinity/dinat";
import { CLASS_LISTS } from "@vicinity/vision";
import sharp from "sharp";
import type { OfficialRow } from "./official_row.ts";
import { type StoredCase, topClasses } from "./pictures.ts";

/** Share of pixels whose label may differ, of the stored case's description. */
const LABELS_DIFFERING = 0.005;

/** Compares the label map with the labels of the authors' code. */
async function compareLabels(results: string, labels: Uint8Array): Promise<string> {
  const written = await Deno.readFile(join(results, "photo.labels.png"));
  const colors = await sharp(written).removeAlpha().raw().toBuffer();
  const differing =
    labels.filter((id, pixel) =>
      CLASS_LISTS.ade20k[id]?.color.some((part, c) => part !== colors[3 * pixel + c]) ?? true
    ).length;
  assert.ok(differing <= LABELS_DIFFERING * labels.length);
  return `${differing} of ${labels.length} pixels differ from the authors' labels`;
}

/**
 * The rows of DiNAT.
 *
 * @param stored The stored picture with its labels.
 * @returns One for each kind of network.
 */
export function dinatRows({ labels }: StoredCase): OfficialRow[] {
  const picture = "photo.png";
  return [
    {
      model: "upernet-dinat-mini",
      file: {
        declare: (parameters, store) => {
          const variant = SEGMENTERS["upernet-dinat-mini"];
          return variant && new UperNetDinat(parameters, store, variant.network);
        },
        unused: ["auxiliary_head.conv_seg.bias"],
        classes: CLASS_LISTS.ade20k.map(({ name }) => name),
      },
      trials: [{
        task: "segment",
        picture,
        options: ["--save", "labels"],
        check: (results) => compareLabels(results, labels),
      }],
    },
    {
      model: "mask_rcnn-dinat-mini",
      file: {
        declare: (parameters, store) => {
          const variant = DETECTORS["mask_rcnn-dinat-mini"];
          return variant && new TwoStageDinat(parameters, store, variant.network);
        },
        unused: [],
        classes: CLASS_LISTS.coco.map(({ name }) => name),
      },
      trials: [
        { task: "detect", picture, options: ["--conf", "0", "--overwrite"] },
        { task: "segment", picture, options: ["--conf", "0.1", "--overwrite"] },
      ],
    },
    {
      model: "dinat-mini",
      file: {
        declare: (parameters, store) => {
          const variant = VARIANTS["dinat-mini"];
          return variant && new Classifier(parameters, store, variant.backbone, 1000);
        },
        unused: [],
        classes: [],
      },
      trials: [{
        task: "classify",
        picture,
        options: ["--json", "--top", "3"],
        check: (_, printed) => topClasses(printed, 3),
      }],
    },
  ];
}
