/** Files of FaViT, of every kind of network and every size. */
import assert from "node:assert/strict";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import {
  BACKBONES,
  Detector,
  DETECTORS,
  FavitClassifier,
  FavitMaskRcnn,
  FavitRetinaNet,
  ImageClassifier,
  SEGMENTERS,
  SemanticFpnFavit,
  type Size,
} from "@vicinity/favit";
import { type Gpu, open } from "@vicinity/tensor";
import { CLASS_LISTS } from "@vicinity/vision";
import type { OfficialRow } from "./official_row.ts";
import { classShares, foundThings, topClasses, widePhotograph } from "./pictures.ts";

const PICTURE = "wide.png";
const SIZES: readonly Size[] = ["favit-b0", "favit-b1", "favit-b2", "favit-b3"];
/** Things in a picture of detectors of COCO, at most. */
const MOST_THINGS = 100;

/**
 * The rows of FaViT: all classifiers, one of each kind of dense network, and the largest detector on a
 * picture of full size.
 *
 * @returns The rows.
 */
export function favitRows(): OfficialRow[] {
  return [
    ...SIZES.map(classifier),
    segmenter("semantic_fpn-favit-b0"),
    detector("retinanet-favit-b0", [{
      task: "detect",
      picture: PICTURE,
      options: ["--conf", "0", "--vis-conf", "0", "--save", "overlay,json", "--json"],
      check: (_, printed) => foundThings(printed, MOST_THINGS),
    }]),
    detector("mask_rcnn-favit-b0", [
      {
        task: "detect",
        picture: PICTURE,
        options: ["--conf", "0", "--vis-conf", "0", "--save", "overlay,coco,json", "--json"],
        check: (_, printed) => foundThings(printed, MOST_THINGS),
      },
      { task: "segment", picture: PICTURE, options: ["--conf", "0", "--overwrite"] },
    ]),
    { ...detector("mask_rcnn-favit-b3", []), atDefaultLimits: detectWithinDefaultLimits },
  ];
}

function classifier(model: Size): OfficialRow {
  return {
    model,
    file: {
      declare: (parameters, store) =>
        new FavitClassifier(parameters, store, BACKBONES[model], CLASS_COUNT),
      unused: [],
      classes: [],
      nest: "model",
    },
    trials: [{
      task: "classify",
      picture: PICTURE,
      options: ["--json", "--top", "5"],
      check: (_, printed) => topClasses(printed, 5),
    }],
    atDefaultLimits: async (weights) => {
      using gpu = await open({ defaultLimits: true });
      using checkpoint = await openCheckpoint(weights);
      using loaded = await ImageClassifier.load({ gpu, weights: checkpoint, model });
      const found = await loaded.run(await widePhotograph(), { top: CLASS_COUNT });
      const sum = found.reduce((total, { score }) => total + score, 0);
      assert.ok(Math.abs(sum - 1) < 1e-3, `probabilities add up to ${sum}`);
      return `${limitsOf(gpu)}, ${mib(loaded.peakBytes)} beside the weights`;
    },
  };
}

const CLASS_COUNT = 1000;

function segmenter(model: string): OfficialRow {
  return {
    model,
    file: {
      declare: (parameters, store) => {
        const variant = SEGMENTERS[model];
        return variant && new SemanticFpnFavit(parameters, store, variant.network);
      },
      unused: [],
      classes: CLASS_LISTS.ade20k.map(({ name }) => name),
    },
    trials: [{
      task: "segment",
      picture: PICTURE,
      options: ["--save", "overlay,labels,json", "--overwrite", "--json"],
      check: (_, printed) => classShares(printed),
    }],
  };
}

function detector(model: string, trials: OfficialRow["trials"]): OfficialRow {
  return {
    model,
    file: {
      declare: (parameters, store) => {
        const network = DETECTORS[model]?.network;
        if (network === undefined) return undefined;
        return "retina" in network
          ? new FavitRetinaNet(parameters, store, network)
          : new FavitMaskRcnn(parameters, store, network);
      },
      unused: [],
      classes: CLASS_LISTS.coco.map(({ name }) => name),
    },
    trials,
  };
}

/** Runs the largest detector; its MLPs do not fit into a tensor at once. */
async function detectWithinDefaultLimits(weights: string): Promise<string> {
  using gpu = await open({ defaultLimits: true });
  using checkpoint = await openCheckpoint(weights);
  using loaded = await Detector.load({ gpu, weights: checkpoint, model: "mask_rcnn-favit-b3" });
  const found = await loaded.run(await widePhotograph(), { scoreThreshold: 0 });
  assert.ok(found.length <= MOST_THINGS);
  return `${limitsOf(gpu)}, ${found.length} things in 800 x 1344 pixels, ${
    mib(loaded.peakBytes(800, 1344))
  } beside the weights`;
}

function limitsOf({ caps }: Gpu): string {
  return `runs where a tensor may have ${mib(caps.limits.maxStorageBufferBindingSize)}`;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
