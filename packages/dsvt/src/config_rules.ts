/** What has to hold among the values of a configuration, with the reason and what to change. */
import { ConfigError } from "@vicinity/vision";
import type { DsvtConfig, StageConfig, TransformerConfig, Xyz } from "./config.ts";
import { gridOf, stageGrids } from "./grid.ts";

/** Keys of voxels, windows and pooled voxels are whole numbers of 32 bits. */
const MOST_CELLS = 2 ** 32;

const AXES = ["x", "y", "z"] as const;

function fail(reason: string, remedy: string): never {
  throw new ConfigError(`Cannot use the configuration: ${reason}. ${remedy}`);
}

/**
 * Throws unless the values of a configuration fit together.
 *
 * @param config A detector.
 * @throws {ConfigError} With the first rule that is broken, the values, and what to change.
 */
export function checkConfig(config: DsvtConfig): void {
  const { range, voxelSize, transformer, vfe } = config;
  for (const axis of [0, 1, 2] as const) {
    const cells = (range.max[axis] - range.min[axis]) / voxelSize[axis];
    if (!(voxelSize[axis] > 0) || !(Math.round(cells) >= 1)) {
      fail(
        `the range ${range.min[axis]}..${range.max[axis]} along ${AXES[axis]} has no voxel of ` +
          `${voxelSize[axis]}`,
        "Give the smaller end first, and a voxel that fits.",
      );
    }
  }
  checkTransformer(transformer, gridOf(config));
  const [first] = transformer.stages;
  const filters = vfe.filters.at(-1);
  if (filters !== first?.channels) {
    fail(
      `the voxel features have ${filters} channels and the first stage ${first?.channels}`,
      "Give the last of NUM_FILTERS the first d_model.",
    );
  }
  checkBev(config);
  checkClasses(config);
  checkSuppression(config);
}

/**
 * Throws unless the stages fit a grid and each other.
 *
 * @param config The stages.
 * @param grid Cells of the first one along x, y and z; the official `sparse_shape`.
 * @throws {ConfigError} With the first rule that is broken.
 */
export function checkTransformer(config: TransformerConfig, grid: Xyz): void {
  if (config.stages.length === 0) fail("it has no stages", "Give at least one.");
  if (grid[0] <= grid[2]) {
    fail(
      `the grid [${grid}] is not wider along x than it is high`,
      "Give extents in the order x, y, z.",
    );
  }
  // Windows reach up to their size beyond the grid.
  const keys = config.stages.map(({ window }) =>
    grid.reduce(
      (cells, extent, axis) =>
        cells * (extent + 2 * (window[axis] ?? 0) * (config.hybridFactor[axis] ?? 1)),
      1,
    )
  );
  if (keys.some((count) => count >= MOST_CELLS)) {
    fail(`the grid [${grid}] has too many cells`, "Choose larger voxels.");
  }
  const grids = stageGrids(config, grid);
  for (const [index, stage] of config.stages.entries()) {
    checkStage(config, index, stage, grids[index] ?? grid);
  }
  const last = grids.at(-1) ?? grid;
  if (last[2] !== 1) {
    const strides = config.stages.flatMap(({ stride }) => stride ? [stride[2]] : []);
    fail(
      `the last stage is ${last[2]} cells high; ${grid[2]} cells are divided by ` +
        `${strides.length === 0 ? "no stride" : strides.join(" and by ")}`,
      "Choose z strides whose product is the height of the grid.",
    );
  }
}

function checkStage(
  config: TransformerConfig,
  index: number,
  stage: StageConfig,
  grid: Xyz,
): void {
  const name = `stage ${index}`;
  const last = index === config.stages.length - 1;
  if (last === (stage.stride !== undefined)) {
    fail(
      `${name} of ${config.stages.length} has ${last ? "a" : "no"} downsample stride`,
      "Give one between stages.",
    );
  }
  if (stage.channels % stage.heads !== 0) {
    fail(
      `the ${stage.channels} channels of ${name} are not divided by ${stage.heads} heads`,
      "Choose nhead that divides d_model.",
    );
  }
  if ((stage.window[2] === 1) !== (grid[2] === 1)) {
    fail(
      `windows of ${name} are ${stage.window[2]} cells high and its grid is ${grid[2]}; the ` +
        "position embedding has two inputs where both are 1 and three where neither is",
      `Give window_shape of ${name} the height ${grid[2]}.`,
    );
  }
  const next = config.stages[index + 1];
  if (!next || !stage.stride) return;
  if (config.reduction !== "linear" && next.channels !== stage.channels) {
    fail(
      `the ${config.reduction} reduction after ${name} keeps its ${stage.channels} channels, but ` +
        `stage ${index + 1} has ${next.channels}`,
      "Use equal d_model, or reduction_type linear.",
    );
  }
  if (config.reduction === "attention" && stage.channels % 8 !== 0) {
    fail(
      `the attention reduction after ${name} has 8 heads, which do not divide ` +
        `${stage.channels} channels`,
      "Choose d_model that is a multiple of 8.",
    );
  }
}

function checkBev({ bev, head, ...config }: DsvtConfig): void {
  const levels = bev.blocks.length;
  const lists = [bev.strides, bev.filters, bev.upsampleStrides, bev.upsampleFilters];
  if (levels === 0 || lists.some(({ length }) => length !== levels)) {
    fail(
      `the levels seen from above are ${[bev.blocks, ...lists].map((list) => list.length)}`,
      "Give LAYER_NUMS, LAYER_STRIDES, NUM_FILTERS, UPSAMPLE_STRIDES and NUM_UPSAMPLE_FILTERS " +
        "one value a level.",
    );
  }
  let scale = 1;
  for (const [level, stride] of bev.strides.entries()) {
    scale *= stride;
    const result = scale / (bev.upsampleStrides[level] ?? 1);
    if (Math.abs(result - head.stride) > 1e-6) {
      fail(
        `level ${level} has one place for ${result} cells and the head one for ${head.stride}`,
        "Choose UPSAMPLE_STRIDES so that all levels have FEATURE_MAP_STRIDE.",
      );
    }
  }
  const [x, y] = gridOf(config);
  const coarsest = bev.strides.reduce((product, stride) => product * stride, 1);
  if (x % coarsest !== 0 || y % coarsest !== 0) {
    fail(
      `the grid [${x}, ${y}] is not divided by ${coarsest}, the product of LAYER_STRIDES`,
      "Change the range or the voxel size.",
    );
  }
}

function checkClasses({ classes, head }: DsvtConfig): void {
  if (head.kind === "transfusion" && head.classes !== classes.length) {
    fail(
      `its classes are ${classes.join(", ")}, but the head has ${head.classes}`,
      "Make NUM_CLASSES the number of CLASS_NAMES.",
    );
  }
  const named = head.kind === "center" ? head.groups.flat() : classes;
  if (named.join() !== classes.join()) {
    fail(
      `its classes are ${classes.join(", ")} and those of the head ${named.join(", ")}`,
      "List the same classes in the same order.",
    );
  }
}

function checkSuppression({ classes, head }: DsvtConfig): void {
  if (head.kind !== "center") return;
  const { type, thresholds, before, after, scoreThresholds } = head.nms;
  const lists = type === "nms_gpu" ? 1 : classes.length;
  for (const values of [thresholds, before, after, scoreThresholds ?? thresholds]) {
    if (values.length === lists) continue;
    fail(
      `${type} has ${values.length} values for ${lists} ${lists === 1 ? "list" : "lists"} of boxes`,
      "Give thresholds and counts one value a class, or a single one with nms_gpu.",
    );
  }
}
