/** What programs need to know of this package: which models there are, what they are, how they load. */
import {
  type ClassifierFacts,
  Detector,
  type DetectorFacts,
  type DetectorNetwork,
  ImageClassifier,
  type ModelKind,
  modelKind,
  type ModelKindParts,
  type ModelPackage,
  type PublishedModel,
  recordedTwoStage,
  Segmenter,
  type SegmenterFacts,
  withAbility,
} from "@vicinity/vision";
import { OFFICIAL_SITE, VARIANTS } from "./config.ts";
import { TwoStageDinat, UperNetDinat } from "./dense.ts";
import {
  describeClassifier,
  describeDetector,
  describeSegmenter,
  type DetectorDescription,
  officialClassifier,
  officialDetector,
  officialSegmenter,
} from "./describe.ts";
import { DETECTORS } from "./detection_config.ts";
import { Classifier } from "./model.ts";
import { SEGMENTERS } from "./segmentation_config.ts";
import { fromTransformers, hasTransformersNames } from "./transformers_names.ts";

function publishedIn(variants: Readonly<Record<string, { readonly file: string }>>) {
  return Object.entries(variants).map(([id, { file }]): PublishedModel => ({
    id,
    source: `${OFFICIAL_SITE}${file}`,
    file: file.slice(file.lastIndexOf("/") + 1),
    licence: "MIT",
  }));
}

const classifiers = modelKind({
  published: publishedIn(VARIANTS),
  describe: describeClassifier,
  official: officialClassifier,
  weights: (checkpoint) =>
    hasTransformersNames(checkpoint) ? fromTransformers(checkpoint) : checkpoint,
  network: ({ backbone, classes }) => (parameters, store) =>
    new Classifier(parameters, store, backbone, classes.length),
  model: (loaded, facts) =>
    new ImageClassifier(loaded, (x) => loaded.network.forward(x).logits, facts),
});

const segmenters = modelKind({
  published: publishedIn(SEGMENTERS),
  describe: describeSegmenter,
  official: officialSegmenter,
  network: ({ network }) => (parameters, store) => new UperNetDinat(parameters, store, network),
  model: (loaded, facts) => new Segmenter(loaded, (x) => loaded.network.forward(x).logits, facts),
});

const DETECTOR: ModelKindParts<DetectorDescription, DetectorNetwork, Detector> = {
  published: publishedIn(DETECTORS),
  describe: describeDetector,
  official: officialDetector,
  network: ({ network: config }) => (parameters, store) => {
    const network = new TwoStageDinat(parameters, store, config);
    return {
      maskThreshold: config.detector.mask?.threshold ?? 0.5,
      record: (x, frame) => recordedTwoStage(network.forward(x, frame)),
    };
  },
  model: (loaded, facts) => new Detector(loaded, loaded.network, facts),
};

const outliners = modelKind(withAbility(DETECTOR, {
  published: publishedIn(DETECTORS),
  has: ({ network }) => network.detector.mask !== undefined,
  lacking: "this detector has no outlines",
}));

/** NAT, DiNAT and DiNAT_s. */
export const dinat: ModelPackage<{
  readonly classify: ModelKind<ImageClassifier, ClassifierFacts>;
  readonly semantic: ModelKind<Segmenter, SegmenterFacts>;
  readonly instance: ModelKind<Detector, DetectorFacts>;
  readonly detect2d: ModelKind<Detector, DetectorFacts>;
}> = {
  id: "dinat",
  kinds: {
    classify: classifiers,
    semantic: segmenters,
    instance: outliners,
    detect2d: modelKind(DETECTOR),
  },
};
