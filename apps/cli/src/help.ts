import { COMMON_OPTIONS } from "./common_options.ts";
import type { Option, OptionTable } from "./options.ts";
import { publishedModels, type Task } from "./packages.ts";
import { FOLDER_VARIABLE } from "./published_weights.ts";

/** What the help of a command is made from. */
export interface HelpText {
  /** Name of the command. */
  readonly name: string;
  /** One sentence. */
  readonly summary: string;
  /** Command lines. */
  readonly examples: readonly string[];
  /** Its own options. */
  readonly options: OptionTable;
  /** Those of them that are for one kind of input alone, by what that is called. */
  readonly optionsFor?: Readonly<Record<string, OptionTable>>;
  /** What its models do. */
  readonly tasks: readonly Task[];
  /** Endings that count inside folders. */
  readonly extensions: readonly string[];
}

const LONGEST_NAME = 28;
const ENVIRONMENT = [
  "FFMPEG_BIN, FFPROBE_BIN     paths of ffmpeg's programs",
  "DENO_WEBGPU_BACKEND         vulkan, metal, dx12",
  "VICINITY_CACHE              folder of downloaded models",
  "NO_COLOR                    no colours on standard error",
];
const SHIPPED_WEIGHTS = [
  "of our own models           in models/",
  "hf:owner/name               in the cache, where deno task download puts them",
];
const PUBLISHED_WEIGHTS = [
  "of published models         the file of --weights, or of the authors' name (--list-models) in",
  "                            the folder of VISION_WEIGHTS or in weights/",
];
const WEIGHTS_FOLDER = `${FOLDER_VARIABLE}              folder with weights of published models`;

/**
 * Writes the help of a command: every option with its default, and examples.
 *
 * @param text The command.
 * @returns Lines that end in a line break.
 */
export function helpText(text: HelpText): string {
  const bringsWeights = publishedModels(text.tasks).length > 0;
  const example = (line: string) => `  deno task ${text.name} ${line}`.trimEnd();
  return [
    text.summary,
    "",
    `usage: deno task ${text.name} [options] [file|folder|glob|-]...`,
    "",
    ...ownOptions(text),
    "options of every command:",
    ...Object.entries(COMMON_OPTIONS).flatMap(optionLines),
    "",
    "weights, none of which is fetched by this command:",
    ...[...SHIPPED_WEIGHTS, ...bringsWeights ? PUBLISHED_WEIGHTS : []].map((line) => `  ${line}`),
    "",
    "environment:",
    ...[...bringsWeights ? [WEIGHTS_FOLDER] : [], ...ENVIRONMENT].map((line) => `  ${line}`),
    "",
    "examples:",
    ...text.examples.map(example),
    "",
    `inputs in folders: ${text.extensions.join(", ")}`,
    "",
  ].join("\n");
}

/** Options for any input, then those for one kind of it. */
function ownOptions({ name, options, optionsFor = {} }: HelpText): string[] {
  const kinds = Object.entries(optionsFor);
  // A table of one kind may have a row that the command has replaced.
  const rowsOf = (table: OptionTable) =>
    Object.entries(table).filter(([option, row]) => options[option] === row);
  const shared = Object.entries(options).filter(([option, row]) =>
    !kinds.some(([, table]) => table[option] === row)
  );
  const section = (title: string, rows: [string, Option<unknown>][]) => [
    `${title}:`,
    ...rows.flatMap(optionLines),
    "",
  ];
  return [
    ...section(`options of ${name}`, shared),
    ...kinds.flatMap(([kind, table]) => section(`options of ${name} for ${kind}`, rowsOf(table))),
  ];
}

/**
 * Writes the help of one option.
 *
 * @param row Its long name and its row in the table.
 * @returns One line, or two when the name is long.
 */
export function optionLines([name, option]: [string, Option<unknown>]): string[] {
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const negation = option.value === undefined && option.default === true ? "no-" : "";
  const value = option.value === undefined ? "" : ` ${option.value}`;
  const left = `  ${short}--${negation}${name}${value}`;
  const right = `${option.help}${defaultText(option)}`;
  if (left.length <= LONGEST_NAME) return [`${left.padEnd(LONGEST_NAME + 2)}${right}`];
  return [left, `${" ".repeat(LONGEST_NAME + 2)}${right}`];
}

function defaultText(option: Option<unknown>): string {
  if (option.shown !== undefined) return ` (default: ${option.shown})`;
  const value = option.default;
  return typeof value === "string" || typeof value === "number" ? ` (default: ${value})` : "";
}
