import type { Gpu } from "@vicinity/tensor";
import type { Room } from "@vicinity/vision";
import type { ItemScope } from "./batch.ts";
import type { COMMON_OPTIONS } from "./common_options.ts";
import type { Input } from "./inputs.ts";
import type { Meter } from "./meter.ts";
import type { ChosenModel } from "./model_choice.ts";
import type { OptionTable, OptionValues } from "./options.ts";
import type { Job } from "./outputs.ts";
import type { Task } from "./packages.ts";
import type { Progress } from "./progress.ts";
import type { ItemRecord, ResultFile, RunInfo, Warning } from "./report.ts";
import type { Hints } from "./to_cli_error.ts";

/** The values of a command's own options and of the common ones. */
export type Values<Table extends OptionTable> =
  & OptionValues<typeof COMMON_OPTIONS>
  & OptionValues<Table>;

/** What a run knows before its first input. */
export interface RunContext<Table extends OptionTable> {
  /** Values of all options, the common ones included. */
  readonly values: Values<Table>;
  /** Long names of the options that the user gave. */
  readonly given: ReadonlySet<string>;
  /** Number of inputs. */
  readonly count: number;
  /** Whether the input is the command's own demonstration. */
  readonly demonstration: boolean;
  /** Folder of the results; undefined when the user named a single file or standard output. */
  readonly folder: string | undefined;
  /** Finds the model for one of some tasks; throws when there is none. */
  readonly chooseModel: (tasks: readonly Task[]) => ChosenModel;
  /** Aborts when the user stops the run. */
  readonly signal: AbortSignal;
  /** Shows how far the work is. */
  readonly progress: Progress;
  /** Follows where the time goes. */
  readonly meter: Meter;
  /** Takes note of something that concerns the whole run. */
  readonly warn: (warning: Warning) => void;
  /** Says something that only `--verbose` shows. */
  readonly note: (line: string) => void;
}

/** A result of an input. */
export interface NamedResult {
  /** What it shows, by its name in `--save`. */
  readonly product: string;
  /** What follows the stem in its name, such as `x2.png`. */
  readonly suffix: string;
}

/** The work of one run. */
export interface Run<Prepared> extends Disposable {
  /** What its JSON calls the work, such as `upscale`. */
  readonly task: string;
  /** What is known of the model and the device so far. */
  readonly info: RunInfo;
  /** Seed of all draws; absent for runs that draw nothing. */
  readonly seed?: number;
  /**
   * Names the results of an input.
   *
   * @param input The input.
   * @param head Its first bytes; none when it cannot be read.
   * @returns The main result first. `json` stands for the record of the input, which is written for the
   * command.
   */
  results(input: Input, head: Uint8Array): readonly NamedResult[];
  /** Whether the main result of an input takes the format that a name asks for; not when absent. */
  takesAnyFormat?(input: Input): boolean;
  /** Reads and checks an input; runs at most one input ahead of {@link Run.run}. */
  prepare(job: Job, signal: AbortSignal): Promise<Prepared>;
  /** Says what is known of an input, for the JSON. */
  describe(prepared: Prepared): Readonly<Record<string, unknown>>;
  /** Says what {@link Run.run} would do, without doing it; throws what would stop that at its start. */
  plan(prepared: Prepared, asked: PlanRequest): PlanResult | Promise<PlanResult>;
  /** About how many bytes the results of an input take; few when absent. */
  outputBytes?(prepared: Prepared, job: Job): number | undefined;
  /** Checks, without a GPU, what all inputs need: that the model is there. */
  checkModel(): Promise<void>;
  /** Does the work; says what came of it, and writes the results or leaves them to be written. */
  run(job: Job, prepared: Prepared, scope: ItemScope): Promise<Finding>;
  /** Names, in the folder of the results, of files that are made of all inputs together. */
  readonly together?: readonly string[];
  /** Finishes what is made of all inputs together, when the last one has ended. */
  finish?(records: readonly ItemRecord[]): Promise<RunFinding>;
}

/** What {@link Run.plan} is asked. */
export interface PlanRequest {
  /** The input, and files for its results, those for standard output too. */
  readonly job: Job;
  /** GPU memory that may be used; absent when there is no model or no GPU to use it. */
  readonly room: Room | undefined;
  /** Makes a context like that of the run which runs nothing; absent with `room`. */
  readonly idleGpu: (() => Gpu) | undefined;
}

/** What {@link Run.plan} says: words and numbers, and tables of these by name. */
export type PlanResult = Readonly<Record<string, unknown>>;

/** What {@link Run.finish} made of all inputs. */
export interface RunFinding {
  /** The files. */
  readonly files: readonly ResultFile[];
  /** What `run.json` and the JSON on standard output say of all inputs; nothing when absent. */
  readonly result?: Readonly<Record<string, unknown>> | undefined;
  /** The same for people, line by line. */
  readonly lines: readonly string[];
}

/** What {@link Run.run} found out. */
export interface Finding {
  /** `result` in the JSON. */
  readonly result: Readonly<Record<string, unknown>>;
  /** The same in a few words, for people; nothing when the files say it all. */
  readonly summary?: string | undefined;
  /**
   * Writes the results, which goes on beside the work on the next input and is not stopped; absent where
   * they are written.
   */
  readonly write?: (() => Promise<void>) | undefined;
  /** About how many bytes of memory the results take until they are written; few when absent. */
  readonly heldBytes?: number | undefined;
}

/** What a command adds to what all commands share. */
export interface Command<Table extends OptionTable, Prepared> {
  /** Its name. */
  readonly name: string;
  /** What its models do; the first is meant when nothing else is said. */
  readonly tasks: readonly [Task, ...Task[]];
  /** One sentence. */
  readonly summary: string;
  /** Command lines for `--help`. */
  readonly examples: readonly string[];
  /** Its own options. */
  readonly options: Table;
  /** Those of them that are for one kind of input alone, by what that is called, for `--help`. */
  readonly optionsFor?: Readonly<Record<string, OptionTable>>;
  /** Why it has no options that people expect, by the names that they try. */
  readonly absent?: Readonly<Record<string, string>>;
  /** Next steps after failures that its options can avoid; those for all commands when absent. */
  readonly hints?: Hints;
  /** Endings that count inside folders. */
  readonly extensions: readonly string[];
  /** Says of a file name whether this command wrote it. */
  readonly isOwnProduct: (name: string) => boolean;
  /**
   * Makes one input of several files; not when absent.
   *
   * @param inputs All inputs, in order.
   * @param values The options.
   * @returns The inputs that there are then, in order.
   */
  readonly gather?: (inputs: readonly Input[], values: Values<Table>) => readonly Input[];
  /** Makes the input of a run without inputs, in a folder; results of earlier ones are replaced. */
  readonly demonstrate: (folder: string) => Promise<string>;
  /** Which result of the demonstration shows most. */
  readonly showcase: "first" | "last";
  /**
   * Checks the options against each other and begins a run; opens nothing yet but a model file that has
   * to say what it is of.
   */
  readonly begin: (context: RunContext<Table>) => Run<Prepared> | Promise<Run<Prepared>>;
}
