import assert from "node:assert/strict";
import { Parameters, type WeightSource, WeightStore } from "@vicinity/checkpoint";
import { sizeOf } from "@vicinity/tensor";
import { type BackboneConfig, VARIANTS } from "./config.ts";
import { DETECTORS } from "./detection_config.ts";
import { Classifier } from "./model.ts";
import { SEGMENTERS } from "./segmentation_config.ts";

/**
 * Millions of parameters with 1000 classes, as the papers' tables have them, and entries of the file;
 * those of ViT-rpb have an index of the biases in each block besides, which is derived here.
 */
const SIZES: Readonly<Record<string, readonly [millions: number, entries: number]>> = {
  "nat-mini": [19.98, 253],
  "nat-tiny": [27.9, 409],
  "nat-small": [50.74, 469],
  "nat-base": [89.77, 469],
  "dinat-mini": [19.98, 253],
  "dinat-tiny": [27.9, 409],
  "dinat-small": [50.72, 409],
  "dinat-base": [89.77, 469],
  "dinat-large": [200.94, 409],
  "dinat-large-384": [200.94, 409],
  "dinat-large-384-11x11": [201.14, 409],
  "dinat-large-in22k": [200.94, 409],
  "dinat-large-in22k-11x11": [201.14, 409],
  "dinat_s-tiny": [28.29, 173],
  "dinat_s-small": [49.61, 329],
  "dinat_s-base": [87.77, 329],
  "dinat_s-large": [196.53, 329],
  "dinat_s-large-384": [196.53, 329],
  "dinat_s-large-in22k": [196.53, 329],
  "nat_iso-small": [22, 164],
  "nat_iso-base": [86.47, 164],
  "dinat_iso-small": [22, 164],
  "dinat_iso-base": [86.47, 164],
  "vitrpb-small": [22.08, 164],
  "vitrpb-base": [86.63, 164],
};

/** What a classifier asks for: names and shapes. */
function declaredBy(backbone: BackboneConfig): ReadonlyMap<string, readonly number[]> {
  const asked = new Map<string, readonly number[]>();
  const noting: WeightSource = {
    name: "names and shapes",
    keys: () => [],
    find: (key, shape = []) => {
      asked.set(key, shape);
      return undefined;
    },
  };
  new Classifier(new Parameters(), WeightStore.over(noting), backbone, 1000);
  return asked;
}

/** The same names with `weight` and with `bias`. */
const both = (...modules: string[]) =>
  modules.flatMap((name) => [`${name}.weight`, `${name}.bias`]);

const BLOCK = [
  ...both("norm1", "attn.qkv", "attn.proj", "norm2", "mlp.fc1", "mlp.fc2"),
  "attn.rpb",
];

/** The names of an official file. */
function officialKeys(config: BackboneConfig): string[] {
  const ends = both("patch_embed.norm", "norm", "head");
  const blocks = (at: string, depth: number, leaves: readonly string[]) =>
    Array.from({ length: depth }, (_, block) => leaves.map((leaf) => `${at}.${block}.${leaf}`))
      .flat();
  if (config.layout === "isotropic") {
    return [...ends, ...both("patch_embed.proj"), ...blocks("layers", config.depth, BLOCK)];
  }
  const isNat = config.layout === "nat";
  const stem = isNat ? both("patch_embed.proj.0", "patch_embed.proj.1") : both("patch_embed.proj");
  const leaves = config.layerScale ? [...BLOCK, "gamma1", "gamma2"] : BLOCK;
  const stages = config.depths.flatMap((depth, stage) => {
    const at = `${isNat ? "levels" : "layers"}.${stage}`;
    const down = [`${at}.downsample.reduction.weight`, ...both(`${at}.downsample.norm`)];
    return [...blocks(`${at}.blocks`, depth, leaves), ...(stage < 3 ? down : [])];
  });
  return [...ends, ...stem, ...stages];
}

Deno.test("the published classifiers have the stated parameters under the official names", () => {
  assert.deepEqual(Object.keys(VARIANTS).sort(), Object.keys(SIZES).sort());
  for (const [name, { backbone }] of Object.entries(VARIANTS)) {
    const declared = declaredBy(backbone);
    const count = [...declared.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);
    const [millions, entries] = SIZES[name] ?? [];
    assert.equal(Math.round(count / 1e4) / 100, millions, name);
    assert.equal(declared.size, entries, name);
    assert.deepEqual([...declared.keys()].sort(), officialKeys(backbone).sort(), name);
  }
});

Deno.test("the published classifiers see 7 or 11 neighbours along an axis at 224 or 384 pixels", () => {
  for (const [name, { backbone, imageSize, cropShare, file }] of Object.entries(VARIANTS)) {
    assert.equal(imageSize, name.includes("384") ? 384 : 224, name);
    assert.equal(cropShare, imageSize === 384 ? 1 : 0.875, name);
    if (backbone.layout === "isotropic") continue;
    assert.equal(backbone.kernel, name.endsWith("11x11") ? 11 : 7, name);
    assert.equal(/_11x11/.test(file), backbone.kernel === 11, name);
  }
  const files = Object.values(VARIANTS).map(({ file }) => file);
  assert.equal(new Set(files).size, files.length);
});

/** Models with the same distances, stage by stage; `x` repeats a pattern. */
type Distances = readonly (readonly [models: readonly string[], stages: string])[];

const OF_CLASSIFIERS: Distances = [
  [["nat-mini"], "[1]x3 [1]x4 [1]x6 [1]x5"],
  [["nat-tiny", "nat-small", "nat-base"], "[1]x3 [1]x4 [1]x18 [1]x5"],
  [["dinat-mini"], "[1,8,1] [1,4,1,4] [1,2]x3 [1]x5"],
  [["dinat-tiny", "dinat-small", "dinat-base"], "[1,8,1] [1,4,1,4] [1,2]x9 [1]x5"],
  [["dinat-large", "dinat-large-in22k"], "[1,8,1] [1,4,1,4] [1,2]x9 [1]x5"],
  [["dinat-large-384"], "[1,13,1] [1,6,1,6] [1,3]x9 [1]x5"],
  [["dinat-large-384-11x11", "dinat-large-in22k-11x11"], "[1,8,1] [1,4,1,4] [1,2]x9 [1]x5"],
  [["dinat_s-tiny"], "[1,8] [1,4] [1,2]x3 [1,1]"],
  [["dinat_s-small", "dinat_s-base"], "[1,8] [1,4] [1,2]x9 [1,1]"],
  [["dinat_s-large", "dinat_s-large-in22k"], "[1,8] [1,4] [1,2]x9 [1,1]"],
  [["dinat_s-large-384"], "[1,13] [1,6] [1,3]x9 [1,1]"],
];

const LARGE_THIRD = "[1,2,1,3,1,4,1,5,1,2,1,3,1,4,1,5,1,5]";

const OF_SEGMENTERS: Distances = [
  [["nat-mini"], "[1]x3 [1]x4 [1]x6 [1]x5"],
  [["nat-tiny", "nat-small", "nat-base"], "[1]x3 [1]x4 [1]x18 [1]x5"],
  [["dinat-mini"], "[1,16,1] [1,4,1,8] [1,2,1,3,1,4] [1,2,1,2,1]"],
  [
    ["dinat-tiny", "dinat-small", "dinat-base"],
    "[1,16,1] [1,4,1,8] [1,2,1,3,1,4]x3 [1,2,1,2,1]",
  ],
  [["dinat-large"], `[1,20,1] [1,5,1,10] ${LARGE_THIRD} [1,2,1,2,1]`],
  [["dinat_s-tiny"], "[1,16] [1,8] [1,2,1,3,1,4] [1,2]"],
  [["dinat_s-small", "dinat_s-base"], "[1,16] [1,8] [1,2,1,3,1,4]x3 [1,2]"],
  [["dinat_s-large"], `[1,20] [1,10] ${LARGE_THIRD} [1,2]`],
];

const OF_DETECTORS: Distances = [
  [["nat-mini"], "[1]x3 [1]x4 [1]x6 [1]x5"],
  [["nat-tiny", "nat-small", "nat-base"], "[1]x3 [1]x4 [1]x18 [1]x5"],
  [["dinat-mini"], "[1,28,1] [1,7,1,14] [1,3,1,5,1,7] [1,3,1,3,1]"],
  [
    ["dinat-tiny", "dinat-small", "dinat-base", "dinat-large"],
    "[1,28,1] [1,7,1,14] [1,3,1,5,1,7]x3 [1,3,1,3,1]",
  ],
  [["dinat_s-tiny"], "[1,28] [1,14] [1,3,1,5,1,7] [1,3]"],
  [["dinat_s-small", "dinat_s-base", "dinat_s-large"], "[1,28] [1,14] [1,3,1,5,1,7]x3 [1,3]"],
];

/** The distances of every block of a model. */
function distancesIn(table: Distances, model: string): number[][] | undefined {
  const [, stages] = table.find(([models]) => models.includes(model)) ?? [];
  return stages?.split(" ").map((stage) => {
    const [pattern = "", times = "1"] = stage.split("x");
    return Array<number[]>(Number(times)).fill(JSON.parse(pattern)).flat();
  });
}

Deno.test("blocks have the distances of their task, which no file stores", () => {
  for (const [name, { backbone }] of Object.entries(VARIANTS)) {
    if (backbone.layout === "isotropic") continue;
    assert.deepEqual(backbone.dilations, distancesIn(OF_CLASSIFIERS, name), name);
  }
  const dense = [[SEGMENTERS, OF_SEGMENTERS], [DETECTORS, OF_DETECTORS]] as const;
  for (const [variants, table] of dense) {
    for (const [name, { network: { backbone } }] of Object.entries(variants)) {
      const model = name.slice(name.indexOf("-") + 1);
      assert.deepEqual(backbone.dilations, distancesIn(table, model), name);
      assert.equal(backbone.kernel, 7);
    }
  }
});

Deno.test("isotropic models see neighbours in steps of 1 and 2, or everything", () => {
  for (const [name, { backbone }] of Object.entries(VARIANTS)) {
    if (backbone.layout !== "isotropic") continue;
    const dilation = { nat_iso: 1, dinat_iso: 2 }[name.slice(0, name.indexOf("-"))];
    assert.deepEqual(backbone.neighbours, dilation && { kernel: 7, dilation }, name);
  }
});
