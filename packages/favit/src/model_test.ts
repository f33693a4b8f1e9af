import assert from "node:assert/strict";
import { Parameters, type WeightSource, WeightStore } from "@vicinity/checkpoint";
import { adapterName, open, sizeOf, tuningKey } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { BACKBONES, LEAST_SIDE } from "./config.ts";
import { FavitMaskRcnn, FavitRetinaNet, SemanticFpnFavit } from "./dense.ts";
import { DETECTORS } from "./detection_config.ts";
import { MlpLayers } from "./mlp.ts";
import { FavitClassifier } from "./model.ts";
import { SEGMENTERS } from "./segmentation_config.ts";
import { readGoldenJson } from "../../vision/src/testing/golden_json.ts";
import { seededWeights } from "../../vision/src/testing/seeded_weights.ts";

type Shapes = Readonly<Record<string, readonly number[]>>;

async function shapesOf(name: string): Promise<Shapes> {
  return await readGoldenJson(`favit/keys/${name}.json`) as Shapes;
}

/** A checkpoint with names and shapes, but no values. */
function emptySource(shapes: Shapes): WeightSource {
  return {
    name: "official.pth",
    keys: () => Object.keys(shapes),
    find: (key) => {
      const shape = shapes[key];
      const chunks = async function* () {};
      return shape && { dtype: "F32", shape, float32: () => Promise.reject(), chunks };
    },
  };
}

/** The backbone's keys as files of dense tasks have them. */
async function backboneKeys(): Promise<Shapes> {
  return Object.fromEntries(
    Object.entries(await shapesOf("favit_b0"))
      .filter(([key]) => !key.startsWith("head."))
      .map(([key, shape]) => [`backbone.${key}`, shape]),
  );
}

Deno.test("FaViT-B0 has the official keys and shapes, and no others", async () => {
  using gpu = await open();
  const store = WeightStore.over(emptySource(await shapesOf("favit_b0")));
  new FavitClassifier(new Parameters(gpu), store, BACKBONES["favit-b0"], 1000);
  store.finish();
});

Deno.test("the heads of dense tasks have the official keys and shapes, and no others", async () => {
  using gpu = await open();
  const backbone = await backboneKeys();
  const storeOf = async (name: string) =>
    WeightStore.over(emptySource({ ...backbone, ...await shapesOf(name) }));
  const stores = await Promise.all(
    ["semantic_fpn_heads", "mask_rcnn_heads", "retinanet_favit_b0_without_blocks"].map(storeOf),
  );
  const [semantic, masks, retina] = stores;
  const segmenter = SEGMENTERS["semantic_fpn-favit-b0"]?.network;
  const twoStage = DETECTORS["mask_rcnn-favit-b0"]?.network;
  const oneStage = DETECTORS["retinanet-favit-b0"]?.network;
  assert.ok(semantic && masks && retina && segmenter && twoStage && oneStage);
  assert.ok("detector" in twoStage && "retina" in oneStage);
  new SemanticFpnFavit(new Parameters(gpu), semantic, segmenter);
  new FavitMaskRcnn(new Parameters(gpu), masks, twoStage);
  new FavitRetinaNet(new Parameters(gpu), retina, oneStage);
  for (const store of stores) store.finish();
});

/** Thousands of parameters with the head, and keys of the official files. */
const SIZES = {
  "favit-b0": [3428, 470],
  "favit-b1": [12959, 470],
  "favit-b2": [24920, 996],
  "favit-b3": [48746, 844],
} as const;

Deno.test("the published classifiers have the stated numbers of parameters and keys", async () => {
  using gpu = await open();
  for (const [name, config] of Object.entries(BACKBONES)) {
    const asked = new Map<string, number>();
    const counting: WeightSource = {
      name,
      keys: () => [],
      find: (key, shape = []) => void asked.set(key, sizeOf(shape)),
    };
    new FavitClassifier(new Parameters(gpu), WeightStore.over(counting), config, 1000);
    const count = [...asked.values()].reduce((sum, size) => sum + size, 0);
    const known = Object.entries(SIZES).find(([other]) => other === name)?.[1];
    assert.deepEqual([Math.round(count / 1000), asked.size], known, name);
  }
});

Deno.test("a map in bands of rows gives what the whole map gives", async () => {
  using gpu = await open({ debug: true });
  const parameters = new Parameters(gpu);
  const mlp = new MlpLayers(parameters, WeightStore.over(seededWeights()), 8, 24);
  await parameters.load();
  const shape = [2, 11, 5, 8];
  const x = gpu.tensor(shape, unitValues(sizeOf(shape), 1));
  const residual = gpu.tensor(shape, unitValues(sizeOf(shape), 2));
  const [whole = []] = await gpu.read([mlp.forward(x, { residual })]);
  for (const rows of [1, 3, 5, 12]) {
    const hiddenBytes = rows * 5 * 24 * 4;
    const [banded = []] = await gpu.read([mlp.forward(x, { residual, hiddenBytes })]);
    assert.deepEqual(banded, whole, `${rows} rows`);
  }
  parameters.dispose();
});

/** Four small stages. */
const TINY = {
  embedDims: [16, 16, 16, 16],
  heads: [1, 1, 1, 1],
  mlpRatios: [2, 2, 2, 2],
  depths: [1, 1, 1, 1],
  srRatios: [8, 4, 2, 1],
};

Deno.test("pictures that are too small for the windows are pictures with zeros behind", async () => {
  using gpu = await open();
  const parameters = new Parameters(gpu);
  const store = WeightStore.over(seededWeights());
  const network = new FavitClassifier(parameters, store, TINY, 5);
  await parameters.load();
  const [height, width] = [40, 120];
  const small = unitValues(height * width * 3, 1);
  const large = new Float32Array(LEAST_SIDE * width * 3);
  large.set(small);
  const logits = (rows: number, values: Float32Array) =>
    network.forward(gpu.tensor([1, rows, width, 3], values)).logits;
  const [given = [], padded = []] = await gpu.read([
    logits(height, small),
    logits(LEAST_SIDE, large),
  ]);
  assert.equal(given.length, 5);
  assert.deepEqual(given, padded);
  parameters.dispose();
});

Deno.test("MLPs in one kernel, where a tuning asks for them, give what the layers give", async () => {
  const logits: (ArrayLike<number> | undefined)[] = [];
  using plain = await open();
  const adapter = adapterName(plain.caps);
  const powers = Array.from({ length: 12 }, (_, power) => 2 ** power);
  const keys = powers.flatMap((dim) => powers.map((hidden) => tuningKey("mlp", { dim, hidden })));
  for (const mlp of ["layers", "fused"]) {
    const choices = Object.fromEntries(keys.map((key) => [key, mlp]));
    using gpu = await open({ tuning: { adapter, choices } });
    const parameters = new Parameters(gpu);
    const network = new FavitClassifier(parameters, WeightStore.over(seededWeights()), TINY, 5);
    await parameters.load();
    const x = gpu.tensor([1, 97, 101, 3], unitValues(97 * 101 * 3, 1));
    logits.push(...await gpu.read([network.forward(x).logits]));
    parameters.dispose();
  }
  const [layers = [], fused] = logits;
  assertClose(fused ?? [], layers, 1e-5, "fused");
});

Deno.test("scores of a small picture are those of its own pixels", async () => {
  using gpu = await open();
  const parameters = new Parameters(gpu);
  const config = { backbone: TINY, pyramid: 8, channels: 8, classes: 3 };
  const network = new SemanticFpnFavit(parameters, WeightStore.over(seededWeights()), config);
  await parameters.load();
  const { logits } = network.forward(gpu.tensor([1, 64, 32, 3], unitValues(64 * 32 * 3, 1)));
  assert.deepEqual(logits.shape, [1, 16, 8, 3]);
  parameters.dispose();
});
