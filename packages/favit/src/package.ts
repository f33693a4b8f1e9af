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
  recordedRetinaNet,
  recordedTwoStage,
  Segmenter,
  type SegmenterFacts,
  withAbility,
} from "@vicinity/vision";
import { OFFICIAL_SITE, VARIANTS } from "./config.ts";
import { FavitMaskRcnn, FavitRetinaNet, SemanticFpnFavit } from "./dense.ts";
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
import { FavitClassifier } from "./model.ts";
import { SEGMENTERS } from "./segmentation_config.ts";

/** The authors publish code but no weights; only classifiers have a file's name in it. */
function publishedIn(variants: Readonly<Record<string, { readonly file: string } | object>>) {
  return Object.entries(variants).map(([id, variant]): PublishedModel => ({
    id,
    source: OFFICIAL_SITE,
    ...("file" in variant ? { file: variant.file } : {}),
    licence: "not stated",
  }));
}

const classifiers = modelKind({
  published: publishedIn(VARIANTS),
  describe: describeClassifier,
  official: officialClassifier,
  network: ({ backbone, classes }) => (parameters, store) =>
    new FavitClassifier(parameters, store, backbone, classes.length),
  model: (loaded, facts) =>
    new ImageClassifier(loaded, (x) => loaded.network.forward(x).logits, facts),
});

const segmenters = modelKind({
  published: publishedIn(SEGMENTERS),
  describe: describeSegmenter,
  official: officialSegmenter,
  network: ({ network }) => (parameters, store) => new SemanticFpnFavit(parameters, store, network),
  model: (loaded, facts) => new Segmenter(loaded, (x) => loaded.network.forward(x).logits, facts),
});

const DETECTOR: ModelKindParts<DetectorDescription, DetectorNetwork, Detector> = {
  published: publishedIn(DETECTORS),
  describe: describeDetector,
  official: officialDetector,
  network: ({ network: config }) => (parameters, store) => {
    if ("retina" in config) {
      const network = new FavitRetinaNet(parameters, store, config);
      return {
        maskThreshold: 1,
        record: (x) => recordedRetinaNet(network.forward(x), config.retina),
      };
    }
    const network = new FavitMaskRcnn(parameters, store, config);
    return {
      maskThreshold: config.detector.mask?.threshold ?? 0.5,
      record: (x, frame) => recordedTwoStage(network.forward(x, frame)),
    };
  },
  model: (loaded, facts) => new Detector(loaded, loaded.network, facts),
};

const outliners = modelKind(withAbility(DETECTOR, {
  published: publishedIn(
    Object.fromEntries(Object.entries(DETECTORS).filter(([, variant]) => outlines(variant))),
  ),
  has: outlines,
  lacking: "this detector has no outlines",
}));

function outlines({ network }: Pick<DetectorDescription, "network">): boolean {
  return "detector" in network && network.detector.mask !== undefined;
}

/** FaViT. */
export const favit: ModelPackage<{
  readonly classify: ModelKind<ImageClassifier, ClassifierFacts>;
  readonly semantic: ModelKind<Segmenter, SegmenterFacts>;
  readonly instance: ModelKind<Detector, DetectorFacts>;
  readonly detect2d: ModelKind<Detector, DetectorFacts>;
}> = {
  id: "favit",
  kinds: {
    classify: classifiers,
    semantic: segmenters,
    instance: outliners,
    detect2d: modelKind(DETECTOR),
  },
};
