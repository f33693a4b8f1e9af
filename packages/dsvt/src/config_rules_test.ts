import assert from "node:assert/strict";
import { ConfigError } from "@vicinity/vision";
import type { DsvtConfig, StageConfig } from "./config.ts";
import { checkConfig } from "./config_rules.ts";
import { CONFIGURATIONS } from "./configurations.ts";
import { gridOf, stageGrids } from "./grid.ts";
import type { CenterHeadConfig } from "./head_config.ts";

const PILLAR = named("dsvt-waymo-pillar");
const VOXEL = named("dsvt-waymo-voxel");
const NUSCENES = named("dsvt-nuscenes-pillar");
const WAYMO_HEAD = centerHeadOf(PILLAR);

function named(name: string): DsvtConfig {
  const config = CONFIGURATIONS[name];
  assert(config, name);
  return config;
}

function centerHeadOf({ head }: DsvtConfig): CenterHeadConfig {
  assert(head.kind === "center");
  return head;
}

const withStage = (
  config: DsvtConfig,
  index: number,
  change: Partial<StageConfig>,
): DsvtConfig => ({
  ...config,
  transformer: {
    ...config.transformer,
    stages: config.transformer.stages.with(index, {
      ...config.transformer.stages[index] as StageConfig,
      ...change,
    }),
  },
});

Deno.test("published configurations follow the rules, their grids are the official ones", () => {
  for (const config of Object.values(CONFIGURATIONS)) checkConfig(config);
  assert.deepEqual(gridOf(PILLAR), [468, 468, 1]);
  assert.deepEqual(gridOf(named("dsvt-nuscenes-pillar")), [360, 360, 1]);
  assert.deepEqual(
    stageGrids(VOXEL.transformer, gridOf(VOXEL)).map(([, , z]) => z),
    [32, 8, 2, 1],
  );
});

const FAULTS: readonly (readonly [what: string, config: DsvtConfig, message: RegExp])[] = [
  [
    "a range the wrong way round",
    { ...PILLAR, range: { min: [74.88, -74.88, -2], max: [-74.88, 74.88, 4] } },
    /74\.88\.\.-74\.88 along x has no voxel of 0\.32/,
  ],
  [
    "a grid with too many cells",
    { ...PILLAR, voxelSize: [0.002, 0.002, 6] },
    /\[74880,74880,1\] has too many cells/,
  ],
  [
    "a z stride too few",
    withStage(VOXEL, 2, { stride: [1, 1, 1] }),
    /stage 3 are 1 cells high and its grid is 2/,
  ],
  [
    "windows lower than one cell's stage",
    withStage(VOXEL, 0, { window: [12, 12, 1] }),
    /window_shape of stage 0 the height 32/,
  ],
  ["a stride behind the last stage", withStage(PILLAR, 0, { stride: [1, 1, 1] }), /stage 0 of 1/],
  ["heads that do not divide", withStage(PILLAR, 0, { heads: 7 }), /192 channels .* 7 heads/],
  [
    "an attention that changes the width",
    withStage(VOXEL, 1, { channels: 96 }),
    /keeps its 192 channels, but stage 1 has 96/,
  ],
  [
    "features of another width",
    { ...PILLAR, vfe: { ...PILLAR.vfe, filters: [64, 64] } },
    /64 channels and the first stage 192/,
  ],
  [
    "levels of other sizes",
    { ...PILLAR, bev: { ...PILLAR.bev, upsampleStrides: [1, 2, 2] } },
    /level 2 has one place for 2 cells and the head one for 1/,
  ],
  [
    "a list of levels too short",
    { ...PILLAR, bev: { ...PILLAR.bev, strides: [1, 2] } },
    /one value a level/,
  ],
  [
    "a grid that strides do not divide",
    { ...PILLAR, range: { min: [-74.88, -74.88, -2], max: [75.2, 74.88, 4] } },
    /\[469, 468\] is not divided by 4/,
  ],
  [
    "fewer names than classes",
    { ...NUSCENES, classes: NUSCENES.classes.slice(0, 8) },
    /the head has 10/,
  ],
  [
    "more names than classes",
    { ...NUSCENES, classes: [...NUSCENES.classes, "tram"] },
    /the head has 10/,
  ],
  [
    "a threshold for the first class only",
    { ...PILLAR, head: { ...WAYMO_HEAD, nms: { ...WAYMO_HEAD.nms, thresholds: [0.7] } } },
    /multi_class_nms has 1 values for 3 lists/,
  ],
  ["classes in another order", { ...PILLAR, classes: ["Cyclist"] }, /classes are Cyclist/],
];

for (const [what, config, message] of FAULTS) {
  Deno.test(`a configuration with ${what} is refused`, () => {
    assert.throws(() => checkConfig(config), (error) => {
      assert(error instanceof ConfigError);
      assert.match(error.message, message);
      assert.match(error.message, /^Cannot use the configuration: .+\. [A-Z].+\.$/);
      return true;
    });
  });
}
