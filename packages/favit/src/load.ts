/** The package's way in: model files in, classifiers, segmenters and detectors out. */
import { loadNetwork, readCheckpoint } from "@vicinity/checkpoint";
import {
  Detector,
  ImageClassifier,
  type ModelOptions,
  recordedRetinaNet,
  recordedTwoStage,
  Segmenter,
} from "@vicinity/vision";
import { FavitMaskRcnn, FavitRetinaNet, SemanticFpnFavit } from "./dense.ts";
import { describeClassifier, describeDetector, describeSegmenter } from "./describe.ts";
import { FavitClassifier } from "./model.ts";

/**
 * Loads a classifier.
 *
 * @param options The model file, its name such as `favit-b0`, and where it runs.
 * @returns The classifier; dispose it.
 * @throws {CheckpointError} If the file is damaged or of another network.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 *
 * @example
 * ```ts ignore
 * import { loadClassifier } from "@vicinity/favit";
 * import { openCheckpoint } from "@vicinity/checkpoint/deno";
 *
 * using weights = await openCheckpoint("favit_b0.pth");
 * using classifier = await loadClassifier({ weights, model: "favit-b0" });
 * const [best] = await classifier.run(picture);
 * ```
 */
export async function loadClassifier(options: ModelOptions): Promise<ImageClassifier> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeClassifier(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) =>
      new FavitClassifier(parameters, store, facts.backbone, facts.classes.length),
    options,
  );
  return new ImageClassifier(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/**
 * Loads a segmenter.
 *
 * @param options The model file, its name such as `semantic_fpn-favit-b0`, and where it runs.
 * @returns The segmenter; dispose it.
 * @throws {CheckpointError} If the file is damaged or of another network.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 */
export async function loadSegmenter(options: ModelOptions): Promise<Segmenter> {
  const checkpoint = await readCheckpoint(options.weights);
  const facts = describeSegmenter(checkpoint, options.model);
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new SemanticFpnFavit(parameters, store, facts.network),
    options,
  );
  return new Segmenter(loaded, (x) => loaded.network.forward(x).logits, facts);
}

/**
 * Loads a detector.
 *
 * @param options The model file, its name such as `retinanet-favit-b0` or `mask_rcnn-favit-b0`, and
 * where it runs.
 * @returns The detector; dispose it.
 * @throws {CheckpointError} If the file is damaged or of another network.
 * @throws {GpuUnavailableError} If there is no WebGPU adapter.
 */
export async function loadDetector(options: ModelOptions): Promise<Detector> {
  const checkpoint = await readCheckpoint(options.weights);
  const { network, ...facts } = describeDetector(checkpoint, options.model);
  if ("retina" in network) {
    const loaded = await loadNetwork(
      checkpoint,
      (parameters, store) => new FavitRetinaNet(parameters, store, network),
      options,
    );
    return new Detector(loaded, {
      maskThreshold: 1,
      record: (x) => recordedRetinaNet(loaded.network.forward(x), network.retina),
    }, facts);
  }
  const loaded = await loadNetwork(
    checkpoint,
    (parameters, store) => new FavitMaskRcnn(parameters, store, network),
    options,
  );
  return new Detector(loaded, {
    maskThreshold: network.detector.mask?.threshold ?? 0.5,
    record: (x, frame) => recordedTwoStage(loaded.network.forward(x, frame)),
  }, facts);
}
