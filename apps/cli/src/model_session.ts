import { blankCheckpoint } from "@vicinity/checkpoint";
import { openCheckpoint } from "@vicinity/checkpoint/deno";
import type { Gpu } from "@vicinity/tensor";
import type { FramesToEnlarge, Planner, Room, WorkPlan } from "@vicinity/vision";
import type { RunContext } from "./command.ts";
import { deviceInfo, openGpu } from "./gpu.ts";
import { readTuning, tuningMisfit } from "./tuning.ts";
import { type IdentifiedModel, identifyWeights } from "./identify_model.ts";
import { type ChosenModel, type OpenWeights, openWeights, placeOf } from "./model_choice.ts";
import type { OptionTable } from "./options.ts";
import type { FactsFor, ModelFor, Task } from "./packages.ts";
import type { ProgressEvent } from "./progress.ts";
import type { RunInfo } from "./report.ts";

/** How weights are kept, for JSON: `auto` is left where that depends on the file. */
function weightForm(dtype: "auto" | "f32" | "f16", gpu: Gpu): string {
  return dtype === "auto" && gpu.caps.isCpu ? "f32" : dtype;
}

/** A model on a context that runs nothing, which there is nothing to free of. */
interface Rehearsal<Model> {
  readonly gpu: Gpu;
  readonly model: Model;
  /** Keys of the work that was done. */
  readonly done: Set<string>;
}

/** The model of a run, loaded when the first input needs it. */
export class ModelSession<T extends Task> implements Disposable {
  readonly #context: RunContext<OptionTable>;
  readonly #task: T;
  readonly #ready: (model: ModelFor<T>) => Promise<void> | void;
  #loading: Promise<ModelFor<T>> | undefined;
  #gpu: Gpu | undefined;
  #model: ModelFor<T> | undefined;
  #planner: Planner | undefined;
  #facts: FactsFor<T> | undefined;
  #info: RunInfo = { model: null, device: null };
  #isWide = false;
  #rehearsal: Promise<Rehearsal<ModelFor<T>>> | undefined;

  /**
   * Prepares to load.
   *
   * @param context The run.
   * @param task What its model says of an input.
   * @param ready Called once the model is loaded, before anyone gets it.
   */
  constructor(
    context: RunContext<OptionTable>,
    task: T,
    ready: (model: ModelFor<T>) => Promise<void> | void = () => {},
  ) {
    this.#context = context;
    this.#task = task;
    this.#ready = ready;
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#info;
  }

  /** Checks the model file without loading it. */
  async check(): Promise<void> {
    const choice = this.#context.chooseModel([this.#task]);
    using weights = await openWeights(choice);
    this.#identify(choice, weights);
  }

  /**
   * Plans the work on frames, for models that were checked.
   *
   * @param room Memory that it may use.
   * @param frames The frames.
   * @returns The plan; undefined for models that never cut their inputs.
   */
  plan(room: Room, frames: FramesToEnlarge): WorkPlan | undefined {
    return this.#planner?.(room, frames);
  }

  /**
   * Does work with a model of zeros on a context that runs nothing.
   *
   * @param idleGpu Makes the context.
   * @param work The work; equal keys stand for work that takes as much.
   * @returns Most bytes of GPU memory that this and the work before it hold at a time, with the weights.
   * @throws {OutOfMemoryError} If that is more than the budget.
   */
  async rehearse(
    idleGpu: () => Gpu,
    { key, run }: { readonly key?: string; readonly run: (model: ModelFor<T>) => Promise<unknown> },
  ): Promise<number> {
    const { gpu, model, done } = await (this.#rehearsal ??= this.#beginRehearsal(idleGpu()));
    if (key === undefined || !done.has(key)) await run(model);
    if (key !== undefined) done.add(key);
    return gpu.stats.peakBytes;
  }

  async #beginRehearsal(gpu: Gpu): Promise<Rehearsal<ModelFor<T>>> {
    const { values: { dtype }, signal } = this.#context;
    const choice = this.#context.chooseModel([this.#task]);
    using weights = await openCheckpoint(await placeOf(choice));
    const { kind, model: name } = identifyWeights(weights, choice, [this.#task]);
    const blank = { weights: blankCheckpoint(weights), model: name };
    const model = await kind.load({ gpu, ...blank, signal, dtype });
    await this.#ready(model);
    return { gpu, model, done: new Set() };
  }

  /** What the model says of itself, once it was checked. */
  get facts(): FactsFor<T> | undefined {
    return this.#facts;
  }

  /** The model; loaded by the first call. */
  get(): Promise<ModelFor<T>> {
    return this.#loading ??= this.#context.meter.load(() => this.#load());
  }

  /**
   * Lets the next call of {@link ModelSession.get} load the model with weights of 32 bits.
   *
   * @returns Whether that changes anything: not where it has them already.
   */
  widen(): boolean {
    if (this.#model === undefined || this.#info.model?.["dtype"] === "f32") return false;
    this.#model[Symbol.dispose]();
    this.#model = this.#loading = undefined;
    this.#isWide = true;
    return true;
  }

  /** Frees the model and the GPU. */
  [Symbol.dispose](): void {
    this.#model?.[Symbol.dispose]();
    this.#gpu?.dispose();
  }

  /** Compares the weights with the network that they are of. */
  #identify(choice: ChosenModel, { source, sha256 }: OpenWeights): IdentifiedModel<T> {
    const identified = identifyWeights(source, choice, [this.#task]);
    identified.kind.check(source, identified.model);
    this.#facts = identified.kind.describe(source, identified.model);
    this.#planner = identified.kind.planner?.(source);
    const { id, address } = choice;
    this.#info = {
      ...this.#info,
      model: { id, weights: String(address), sha256, dtype: this.#context.values.dtype },
    };
    return identified;
  }

  async #load(): Promise<ModelFor<T>> {
    const { values, progress, signal, warn, note, meter } = this.#context;
    const choice = this.#context.chooseModel([this.#task]);
    using weights = await openWeights(choice);
    const { kind, model } = this.#identify(choice, weights);
    const onProgress = (state: ProgressEvent) => progress.report(state);
    const dtype = this.#isWide ? "f32" : values.dtype;
    const gpu = this.#gpu ?? await openGpu(values, warn, onProgress);
    if (this.#gpu === undefined) meter.follow(gpu);
    this.#gpu = gpu;
    this.#info = {
      model: this.#info.model && { ...this.#info.model, dtype: weightForm(dtype, gpu) },
      device: deviceInfo(gpu),
    };
    this.#model = await kind.load({
      ...{ gpu, weights: weights.source, model, signal, onProgress },
      dtype,
    });
    await this.#ready(this.#model);
    note(`model ${choice.id} on ${this.#info.device?.adapter}`);
    const misfit = tuningMisfit(gpu.caps, await readTuning());
    if (misfit !== undefined) note(`tuning not used: ${misfit}; deno task tune makes a new one`);
    return this.#model;
  }
}
