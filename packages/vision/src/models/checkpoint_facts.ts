/** What checkpoints say of their networks: names, classes, configurations. */
import {
  type Checkpoint,
  CheckpointError,
  configText,
  type NetworkOptions,
  type Source,
} from "@vicinity/checkpoint";
import * as v from "valibot";
import { COLOR } from "./schema_parts.ts";
import { classesOf, type ClassInfo, IMAGENET_NAMES } from "../classes.ts";
import { ConfigError, type ConfigSchema, readConfig } from "./config_schema.ts";

/** What a model is loaded from. */
export interface ModelOptions extends NetworkOptions {
  /** The model file. */
  readonly weights: Source | Checkpoint;
  /** Name of the published model that an official file belongs to, such as `upernet-dinat-mini`. */
  readonly model?: string | undefined;
}

/** Loads the models of one task of a package. */
export interface ModelLoader<Model> {
  /**
   * Loads a model.
   *
   * @param options The model file, its name if it does not describe itself, and where it runs.
   * @returns The model; dispose it.
   * @throws {CheckpointError} If the file is damaged or of another network.
   * @throws {GpuUnavailableError} If there is no WebGPU adapter.
   */
  load(options: ModelOptions): Promise<Model>;
}

/**
 * The published model of a name.
 *
 * @param variants All of them.
 * @param checkpoint The file.
 * @param model The name.
 * @returns The model; none for files that describe themselves.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when nothing says which network it is.
 */
export function published<Variant>(
  variants: Readonly<Record<string, Variant>>,
  checkpoint: Checkpoint,
  model: string | undefined,
): Variant | undefined {
  if (configText(checkpoint) !== undefined) return undefined;
  const variant = model === undefined ? undefined : variants[model];
  if (variant !== undefined) return variant;
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: it does not say which network it is of` +
      `${model === undefined ? "" : `, and ${JSON.stringify(model)} is no published one`}. ` +
      `Name one of ${Object.keys(variants).join(", ")}.`,
  );
}

/**
 * The configuration in the metadata of a file.
 *
 * @param checkpoint The file.
 * @param schema What it has to be.
 * @returns The configuration.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when it is another one.
 */
export function configIn<Config>(checkpoint: Checkpoint, schema: ConfigSchema<Config>): Config {
  const fail = (reason: string) =>
    new CheckpointError(
      "WEIGHTS_MISMATCH",
      `Cannot load ${checkpoint.name}: its configuration is of another kind. ${reason} ` +
        "Use a model of this task.",
    );
  try {
    return readConfig(schema, JSON.parse(configText(checkpoint) ?? ""), "");
  } catch (error) {
    if (error instanceof ConfigError) throw fail(error.message);
    if (error instanceof SyntaxError) throw fail("It is not JSON.");
    throw error;
  }
}

/**
 * Rows of the first of some weights that is there.
 *
 * @param checkpoint The file.
 * @param keys Keys of the weights.
 * @returns Rows.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` when there is none.
 */
export function rowsOf(checkpoint: Checkpoint, ...keys: readonly string[]): number {
  for (const key of keys) {
    const count = checkpoint.find(key)?.shape[0];
    if (count !== undefined) return count;
  }
  throw new CheckpointError(
    "WEIGHTS_MISMATCH",
    `Cannot load ${checkpoint.name}: it has no ${keys[0]}. Use a checkpoint of this network.`,
  );
}

/**
 * Classes of a file. Names and colours that mmcv stored beside the weights win over those of the data
 * set.
 *
 * @param checkpoint The file.
 * @param list Those of the data set, where there are as many.
 * @param count How many there are.
 * @returns The classes.
 */
export function withNames(
  { metadata }: Checkpoint,
  list: readonly ClassInfo[],
  count: number,
): readonly ClassInfo[] {
  const names = listIn(v.array(v.string()), metadata["CLASSES"]);
  const colors = listIn(v.array(COLOR), metadata["PALETTE"]);
  const known = list.length === count ? list : [];
  return classesOf(Array.from({ length: count }, (_, id) => `class ${id}`)).map((plain, id) => ({
    name: names?.[id] ?? known[id]?.name ?? plain.name,
    color: colors?.[id] ?? known[id]?.color ?? plain.color,
  }));
}

function listIn<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string | undefined,
): v.InferOutput<Schema> | undefined {
  const parsed = v.safeParse(v.pipe(v.string(), v.parseJson(), schema), text);
  return parsed.success ? parsed.output : undefined;
}

/**
 * Names of a classifier's classes.
 *
 * @param count How many there are.
 * @returns Those of ImageNet where there are as many.
 */
export function classNames(count: number): string[] {
  const known = count === IMAGENET_NAMES.length ? IMAGENET_NAMES : [];
  return Array.from({ length: count }, (_, id) => known[id] ?? `class ${id}`);
}
