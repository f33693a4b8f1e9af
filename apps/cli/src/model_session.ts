import type { Checkpoint } from "@vicinity/checkpoint";
import type { Gpu } from "@vicinity/tensor";
import type { RunContext } from "./command.ts";
import { deviceInfo, openGpu } from "./gpu.ts";
import { type ChosenModel, openWeights } from "./model_choice.ts";
import type { OptionTable } from "./options.ts";
import type { RunInfo } from "./report.ts";

/** What a model is loaded from. */
export interface ModelParts {
  /** Where it runs; it stays the session's. */
  readonly gpu: Gpu;
  /** Its weights, open until it is loaded. */
  readonly weights: Checkpoint;
  /** Which one. */
  readonly model: ChosenModel;
  /** Stops loading. */
  readonly signal: AbortSignal;
  /** Shows how far loading is. */
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

/** How a command loads its model. */
export interface ModelLoader<Model extends Disposable> {
  /** Loads it. */
  readonly load: (parts: ModelParts) => Promise<Model>;
  /** Checks without a GPU that the weights are of the right network. */
  readonly check?: (weights: Checkpoint, model: ChosenModel) => void;
}

/** The model of a run, loaded when the first input needs it. */
export class ModelSession<Model extends Disposable> implements Disposable {
  readonly #context: RunContext<OptionTable>;
  readonly #loader: ModelLoader<Model>;
  #loading: Promise<Model> | undefined;
  #gpu: Gpu | undefined;
  #model: Model | undefined;
  #info: RunInfo = { model: null, device: null };

  /**
   * Prepares to load.
   *
   * @param context The run.
   * @param loader How its model is loaded.
   */
  constructor(context: RunContext<OptionTable>, loader: ModelLoader<Model>) {
    this.#context = context;
    this.#loader = loader;
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#info;
  }

  /** Checks the model file without loading it. */
  async check(): Promise<void> {
    const model = this.#context.chooseModel();
    using weights = await openWeights(model);
    this.#loader.check?.(weights.source, model);
    this.#info = { ...this.#info, model: modelInfo(model, weights.sha256) };
  }

  /** The model; loaded by the first call. */
  get(): Promise<Model> {
    return this.#loading ??= this.#load();
  }

  /** Frees the model and the GPU. */
  [Symbol.dispose](): void {
    this.#model?.[Symbol.dispose]();
    this.#gpu?.dispose();
  }

  async #load(): Promise<Model> {
    const { values, progress, signal, warn, note } = this.#context;
    const start = performance.now();
    const model = this.#context.chooseModel();
    using weights = await openWeights(model);
    this.#loader.check?.(weights.source, model);
    this.#info = { ...this.#info, model: modelInfo(model, weights.sha256) };
    const gpu = this.#gpu = await openGpu(values, warn);
    this.#info = { ...this.#info, device: deviceInfo(gpu) };
    this.#model = await this.#loader.load({
      gpu,
      weights: weights.source,
      model,
      signal,
      onProgress: ({ done, total }) =>
        progress.report({ phase: "load", done, total, unit: "weight" }),
    });
    const ms = Math.round(performance.now() - start);
    note(`model ${model.id} on ${this.#info.device?.adapter}, loaded in ${ms} ms`);
    return this.#model;
  }
}

function modelInfo(model: ChosenModel, sha256: string): NonNullable<RunInfo["model"]> {
  return { id: model.id, weights: String(model.address), sha256, dtype: "f32" };
}
