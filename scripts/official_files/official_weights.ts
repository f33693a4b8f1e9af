/** Weights of published networks by a formula, in files of the authors' form. */
import {
  loadNetwork,
  type Parameters,
  type WeightSource,
  type WeightStore,
} from "@vicinity/checkpoint";
import { open } from "@vicinity/tensor";
import { hashWeightsV1 } from "../golden/dinat/hash_weights.ts";
import type { Pickled } from "./pickle.ts";
import { type Around, type WeightToWrite, writeTorchArchive } from "./torch_archive.ts";

/** Of 300, counted from 0: what trainers of classifiers keep beside the weights. */
const LAST_EPOCH = 299;

/** A file to be made. */
export interface OfficialFile {
  /** Declares the network. */
  readonly declare: (parameters: Parameters, store: WeightStore) => unknown;
  /** Weights for training that such files hold too. */
  readonly unused: readonly string[];
  /** Names of the classes that it names. */
  readonly classes: readonly string[];
  /** Where in the file the weights are: `state_dict` beside `meta`, as mmcv has it, when absent. */
  readonly nest?: "model";
}

/**
 * Writes a file with the keys, shapes and wrapping of an official one.
 *
 * @param path Where to.
 * @param file What it is of.
 */
export async function writeOfficialFile(path: string, file: OfficialFile): Promise<void> {
  const formula = hashWeightsV1();
  const shapes = await declaredShapes(formula, file);
  const meta = new Map<string, Pickled>([["mmcv_version", "1.4.8"]]);
  if (file.classes.length > 0) meta.set("CLASSES", file.classes);
  const around: Around = file.nest === undefined
    ? { nest: "state_dict", beside: new Map([["meta", meta]]) }
    : { nest: file.nest, beside: new Map([["epoch", LAST_EPOCH]]) };
  await writeTorchArchive(path, weightsOf(formula, shapes, file), around);
}

/** What a network asks for. */
async function declaredShapes(
  formula: WeightSource,
  { declare }: OfficialFile,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const shapes = new Map<string, readonly number[]>();
  const noting: WeightSource = {
    ...formula,
    find: (key, shape = []) => {
      shapes.set(key, shape);
      return formula.find(key, shape);
    },
  };
  using gpu = await open();
  using _loaded = await loadNetwork(noting, declare, { gpu });
  return shapes;
}

async function* weightsOf(
  formula: WeightSource,
  shapes: ReadonlyMap<string, readonly number[]>,
  { unused }: OfficialFile,
): AsyncGenerator<WeightToWrite> {
  for (const [name, shape] of shapes) {
    const values = await formula.find(name, shape)?.float32();
    if (values !== undefined) yield { name, shape, values };
    const counter = name.replace(/running_var$/, "num_batches_tracked");
    if (counter !== name) yield { name: counter, shape: [], values: new BigInt64Array(1) };
  }
  for (const name of unused) yield { name, shape: [2], values: new Float32Array(2) };
}
