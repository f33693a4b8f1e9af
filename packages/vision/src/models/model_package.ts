/** What a package of models tells programs about itself, so that they need not know it by name. */
import {
  checkNetwork,
  type Checkpoint,
  CheckpointError,
  countParameters,
  type LoadedNetwork,
  loadNetwork,
  type NetworkBuilder,
  readCheckpoint,
  type WeightSource,
} from "@vicinity/checkpoint";
import type { ModelLoader } from "./checkpoint_facts.ts";
import type { Planner } from "./work_plan.ts";

/** A model of the authors', whose weights the user brings. */
export interface PublishedModel {
  /** What a person types to choose it. */
  readonly id: string;
  /** Where the authors publish its weights, or their code where the weights have no address. */
  readonly source: string;
  /** Name of the authors' file; absent where they gave it none for good. */
  readonly file?: string;
  /** Licence of the weights. */
  readonly licence: string;
}

/** A published model as its authors configured it. */
export interface OfficialModel<Facts> {
  /** What its file says of it. */
  readonly facts: Facts;
  /** Number of its parameters. */
  readonly params: number;
}

/** The models of a package that say the same kind of thing. */
export interface ModelKind<Model, Facts = unknown> extends ModelLoader<Model> {
  /** Those that the authors published. */
  readonly published: readonly PublishedModel[];
  /**
   * What a file says of its model.
   *
   * @param checkpoint The file.
   * @param model Name of the published model that it is of; none for files that describe themselves.
   * @returns Plain data, equal for files that are loaded alike.
   * @throws {CheckpointError} `WEIGHTS_MISMATCH` when it is of another kind, or does not say it.
   */
  describe(checkpoint: Checkpoint, model?: string): Facts;
  /**
   * What is known of a published model without its file.
   *
   * @param model Its name.
   * @returns What its file says if it is the authors' own one; undefined for other names.
   */
  official(model: string): OfficialModel<Facts> | undefined;
  /**
   * Compares names and shapes of all weights with the network, without a GPU.
   *
   * @param checkpoint The file.
   * @param model As in {@link ModelKind.describe}.
   * @throws {CheckpointError} `WEIGHTS_MISMATCH` with what is wrong.
   */
  check(checkpoint: Checkpoint, model?: string): void;
  /**
   * Makes what plans the work of the model, without a GPU; absent where inputs are never cut.
   *
   * @param checkpoint The file.
   * @returns The planner, which needs the file no longer.
   */
  planner?(checkpoint: Checkpoint): Planner;
}

/** A package of models. */
export interface ModelPackage<
  Kinds extends Readonly<Record<string, ModelKind<Disposable>>> = Readonly<
    Record<string, ModelKind<Disposable>>
  >,
> {
  /** Its name, as the registry says it. */
  readonly id: string;
  /** Its models by what they say of an input, as the registry calls that. */
  readonly kinds: Kinds;
}

/** What {@link modelKind} makes a kind of. */
export interface ModelKindParts<Facts, Network, Model> {
  /** Models that the authors published. */
  readonly published: readonly PublishedModel[];
  /** As in {@link ModelKind.describe}. */
  readonly describe: (checkpoint: Checkpoint, model?: string) => Facts;
  /** What the authors' own file of a published model says; undefined for other names. */
  readonly official: (model: string) => Facts | undefined;
  /** Declares the network. */
  readonly network: (facts: Facts) => NetworkBuilder<Network>;
  /** The weights by the names that the network asks for; the file's own ones when absent. */
  readonly weights?: (checkpoint: Checkpoint) => WeightSource;
  /** Makes the model of the network. */
  readonly model: (loaded: LoadedNetwork<Network>, facts: Facts) => Model;
}

/**
 * Makes a kind of models from what differs between kinds.
 *
 * @param parts Published models, description, network, model.
 * @returns The kind.
 */
export function modelKind<Facts, Network, Model>(
  { published, describe, official, network, weights = (own) => own, model }: ModelKindParts<
    Facts,
    Network,
    Model
  >,
): ModelKind<Model, Facts> {
  return {
    published,
    describe,
    official: (name) => officialModel(official(name), network),
    check: (checkpoint, name) => {
      checkNetwork(weights(checkpoint), network(describe(checkpoint, name)));
    },
    load: async (options) => {
      const checkpoint = await readCheckpoint(options.weights);
      const facts = describe(checkpoint, options.model);
      const loaded = await loadNetwork(weights(checkpoint), network(facts), options);
      return model(loaded, facts);
    },
  };
}

/**
 * Counts the parameters of a published model.
 *
 * @param facts What its file says.
 * @param network Declares the network of that.
 * @returns Both.
 */
export function officialModel<Facts>(
  facts: Facts | undefined,
  network: (facts: Facts) => NetworkBuilder<unknown>,
): OfficialModel<Facts> | undefined {
  return facts === undefined ? undefined : { facts, params: countParameters(network(facts)) };
}

/**
 * The models of a kind that can do more than the others.
 *
 * @param parts The kind.
 * @param ability Which they are, and what files of the others lack.
 * @returns Parts of a kind of its own.
 */
export function withAbility<Facts, Network, Model>(
  parts: ModelKindParts<Facts, Network, Model>,
  { published, has, lacking }: {
    readonly published: readonly PublishedModel[];
    readonly has: (facts: Facts) => boolean;
    readonly lacking: string;
  },
): ModelKindParts<Facts, Network, Model> {
  const describe = (checkpoint: Checkpoint, model?: string): Facts => {
    const facts = parts.describe(checkpoint, model);
    if (has(facts)) return facts;
    throw new CheckpointError(
      "WEIGHTS_MISMATCH",
      `Cannot load ${checkpoint.name}: ${lacking}. Use a model that has it.`,
    );
  };
  return { ...parts, published, describe };
}

/**
 * Describes a checkpoint with what knows only configurations.
 *
 * @param checkpoint The file.
 * @param kind What it should be, such as `a SimpleGVR model`, and what is thrown for configurations
 * that are none of it.
 * @param describe Describes it.
 * @returns The description.
 * @throws {CheckpointError} `WEIGHTS_MISMATCH` in place of the fault, which is its cause.
 */
export function describedBy<Facts>(
  { name }: Checkpoint,
  kind: { readonly title: string; readonly fault: abstract new (...args: never[]) => Error },
  describe: () => Facts,
): Facts {
  try {
    return describe();
  } catch (error) {
    if (!(error instanceof kind.fault)) throw error;
    const message = `Cannot load ${name} as ${kind.title}. ${error.message} ` +
      "Use a file of this network.";
    throw new CheckpointError("WEIGHTS_MISMATCH", message, [], { cause: error });
  }
}
