/** `DSVT`: from features of voxels to features of voxels. */
import {
  capacityFor,
  inputLayer,
  officialTransformer,
  PlaceEmbedding,
  type StageInput,
  stageTensors,
  stageValues,
  type TransformerConfig,
  TransformerPlans,
  VoxelTransformer,
  windowOf,
  windowPositions,
} from "@vicinity/dsvt";
import { gatherRows, type Gpu, type Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { coordsOf } from "./scan_case.ts";

const MODULE = "backbone_3d";

/** The result through plans, and what lies on the way to it. */
export async function* runTransformer(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const { transformer, grid } = officialTransformer(golden.json("config"));
  const coords = await coordsOf(golden, "input.voxel_coords");
  const stages = inputLayer(coords, transformer, grid);
  const features = Float32Array.from((await golden.tensor("input.voxel_features")).values);
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) => new VoxelTransformer(parameters, store.at(MODULE), transformer),
  );
  using plans = new TransformerPlans(gpu, loaded.network, transformer);
  const { x, run } = plans.prepare(stages);
  gpu.copy(gpu.tensor([features.length], features), x, { count: features.length });
  const [values = []] = await gpu.read([run()]);
  yield { name: "output.voxel_features", values: shown(golden, "output.voxel_features", values) };
  yield { name: "output.voxel_coords", values: stages.at(-1)?.coords ?? [] };
  yield* between(golden, gpu, { network: loaded.network, transformer, stages, features });
  yield* embeddings(golden, gpu, transformer, stages);
}

/** The rows that a file has. */
function shown(golden: GoldenCase, name: string, values: ArrayLike<number>): number[] {
  const [rows = 0, columns = 0] = golden.file.entry(name).shape;
  return Array.from(values).slice(0, rows * columns);
}

/** What layers, blocks and reductions give. */
async function* between(
  golden: GoldenCase,
  gpu: Gpu,
  { network, transformer, stages, features }: {
    readonly network: VoxelTransformer;
    readonly transformer: TransformerConfig;
    readonly stages: readonly StageInput[];
    readonly features: Float32Array;
  },
): AsyncGenerator<Produced> {
  const capacity = capacityFor(stages);
  const inputs = Object.fromEntries(
    Object.entries(stageValues(stages, transformer.stages, capacity))
      .map(([name, list]) => [name, gpu.tensor(shapeOf(name, list, transformer), list)]),
  );
  const tensors = stageTensors(inputs, transformer.stages);
  const channels = transformer.stages[0]?.channels ?? 1;
  const rows = capacity[0]?.rows ?? 0;
  const padded = new Float32Array(rows * channels);
  padded.set(features);
  const named = new Map<string, Tensor>();
  let voxels = gpu.tensor([rows, channels], padded);
  for (const [stage, { blocks, pooled }] of network.forward(voxels, tensors).entries()) {
    const shifts = tensors[stage]?.shifts;
    for (const [block, out] of blocks.entries()) {
      const module = network.blocks[stage]?.[block];
      const name = `mid.stage${stage}_block${block}`;
      if (module && shifts && golden.has(`${name}_encoder0`)) {
        named.set(`${name}_encoder0`, module.layer(voxels, shifts, 0));
      }
      if (module && shifts && golden.has(`${name}_before_residual_norm`)) {
        named.set(`${name}_before_residual_norm`, module.layers(voxels, shifts));
      }
      named.set(`${name}_out`, out);
      voxels = out;
    }
    if (pooled) named.set(`mid.stage${stage}_pooled`, voxels = pooled);
  }
  const asked = [...named].filter(([name]) => golden.has(name));
  const read = await gpu.read(asked.map(([, tensor]) => tensor));
  for (const [index, [name]] of asked.entries()) {
    yield { name, values: shown(golden, name, read[index] ?? []) };
  }
}

/** Children of voxels are rows of slots, all else is a list. */
function shapeOf(name: string, list: Uint32Array, { stages }: TransformerConfig): number[] {
  const stage = /^children (\d+)$/.exec(name)?.[1];
  const stride = stage === undefined ? undefined : stages[Number(stage)]?.stride;
  const slots = stride?.reduce((product, step) => product * step, 1);
  return slots === undefined ? [list.length] : [list.length / slots, slots];
}

/** Embedded positions of the voxels. */
async function* embeddings(
  golden: GoldenCase,
  gpu: Gpu,
  { stages, hybridFactor, normalizePosition }: TransformerConfig,
  inputs: readonly StageInput[],
): AsyncGenerator<Produced> {
  for (const name of golden.names("mid.stage")) {
    const found = /^mid\.stage(\d+)_block(\d+)_posembed(\d)$/.exec(name);
    if (!found) continue;
    const [stage = 0, block = 0, shift = 0] = found.slice(1).map(Number);
    const config = stages[stage];
    const places = inputs[stage]?.shifts[shift]?.places;
    if (!config || !places) throw new TypeError(`Cannot compare ${name}: there is no such stage.`);
    const window = windowOf(config, hybridFactor, shift);
    const { values, axes } = windowPositions(window, normalizePosition);
    const path = `input_layer.posembed_layers.${stage}.${block}.${shift}`;
    using loaded = await loadNetwork(gpu, golden, (parameters, store) => {
      store.skip(MODULE);
      return new PlaceEmbedding(parameters, store.at(`${MODULE}.${path}`), [config.channels, axes]);
    });
    const table = loaded.network.forward(gpu.tensor([values.length / axes, axes], values));
    const [rows = []] = await gpu.read([gatherRows(table, gpu.tensor([places.length], places))]);
    yield { name, values: rows };
  }
}
