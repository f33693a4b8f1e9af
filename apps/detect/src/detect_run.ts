import {
  CliError,
  type Finding,
  type Input,
  type ItemRecord,
  type ItemScope,
  type Job,
  type NamedResult,
  type PlanRequest,
  type PlanResult,
  type Run,
  type RunFinding,
  type RunInfo,
} from "@vicinity/cli";
import { type DetectInput, detectInputOf } from "./input_kind.ts";

/** Makes the run over one kind of input. */
export type RunMaker = (kind: DetectInput) => Run<unknown>;

/**
 * A run over pictures and videos or over scans. It has one model, so the model that was named decides
 * which, else the first input; inputs of the other kind fail.
 */
export class DetectRun implements Run<unknown> {
  readonly #make: RunMaker;
  readonly #kinds = new Map<string, DetectInput>();
  #kind: DetectInput | undefined;
  #inner: Run<unknown> | undefined;

  /**
   * Begins without an input.
   *
   * @param make Makes the run over one kind.
   * @param kind What the model looks at, where the user named one that is known.
   */
  constructor(make: RunMaker, kind: DetectInput | undefined) {
    this.#make = make;
    this.#kind = kind;
  }

  /** What its JSON calls the work. */
  get task(): string {
    return this.#inner?.task ?? "detect";
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#inner?.info ?? { model: null, device: null };
  }

  /** Files that are made of all inputs together. */
  get together(): readonly string[] {
    return this.#inner?.together ?? [];
  }

  /** Names the results of an input; those of the other kind have none. */
  results(input: Input, head: Uint8Array): readonly NamedResult[] {
    const kind = detectInputOf(input, head);
    this.#kinds.set(input.path, kind);
    this.#kind ??= kind;
    return kind === this.#kind ? this.#run().results(input, head) : [];
  }

  /** Whether a name may choose the format of the main result. */
  takesAnyFormat(input: Input): boolean {
    return this.#inner?.takesAnyFormat?.(input) ?? false;
  }

  /** Reads and checks an input. */
  async prepare(job: Job, signal: AbortSignal): Promise<unknown> {
    const kind = this.#kinds.get(job.input.path);
    if (kind === this.#kind) return await this.#run().prepare(job, signal);
    const [what, wanted] = kind === "scan" ? ["a scan", "pictures"] : ["no scan", "scans"];
    throw new CliError("INPUT_KIND", `is ${what}, and this run looks at ${wanted}`, {
      file: job.input.shown,
      hint: "run scans and pictures one after the other, or choose with --ext or --model",
    });
  }

  /** What is known of an input. */
  describe(prepared: unknown): Readonly<Record<string, unknown>> {
    return this.#run().describe(prepared);
  }

  /** What would be made of an input. */
  async plan(prepared: unknown, asked: PlanRequest): Promise<PlanResult> {
    return await this.#run().plan(prepared, asked);
  }

  /** About how many bytes the results take. */
  outputBytes(prepared: unknown, job: Job): number | undefined {
    return this.#run().outputBytes?.(prepared, job);
  }

  /** Checks that the model is there and of the right network. */
  async checkModel(): Promise<void> {
    await this.#run().checkModel();
  }

  /** Looks at an input; some results are written later. */
  async run(job: Job, prepared: unknown, scope: ItemScope): Promise<Finding> {
    return await this.#run().run(job, prepared, scope);
  }

  /** Finishes what is made of all inputs together. */
  async finish(records: readonly ItemRecord[]): Promise<RunFinding> {
    return await this.#inner?.finish?.(records) ?? { files: [], lines: [] };
  }

  /** Frees the model and the GPU. */
  [Symbol.dispose](): void {
    this.#inner?.[Symbol.dispose]();
  }

  #run(): Run<unknown> {
    return this.#inner ??= this.#make(this.#kind ?? "picture");
  }
}
