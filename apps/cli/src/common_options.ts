import { DEVICE } from "./device_option.ts";
import { choice, flag, level, list, number, type OptionTable, text } from "./options.ts";

/** The options that every command has. */
export const COMMON_OPTIONS = {
  out: text({
    short: "o",
    value: "<path>",
    help: "folder for the results; a file name for a single input; - for standard output",
    shown: "out/",
  }),
  overwrite: flag({ help: "replace results that exist" }),
  "skip-existing": flag({ help: "pass over inputs whose results are all there" }),
  recursive: flag({ short: "r", help: "search folders below their first level too" }),
  ext: list({ help: "endings that count inside folders", shown: "all that can be read" }),
  model: text({
    short: "m",
    value: "<id>",
    help: "model, see --list-models, or a downloaded hf:owner/name",
  }),
  weights: text({ short: "w", value: "<file>", help: "checkpoint of any form to use instead" }),
  device: DEVICE,
  dtype: choice({
    of: ["auto", "f32", "f16"],
    default: "auto",
    help:
      "numbers in GPU memory: weights as in the file (f32 on processors), or 32 bits, or 16 bits",
  }),
  "max-memory": number({
    value: "<GiB>",
    min: 0.01,
    default: undefined,
    help: "GPU memory that may be used",
    shown: "4, on processors at most half of the RAM",
  }),
  "max-dispatch-ms": number({
    value: "<ms>",
    min: 1,
    max: 2000,
    default: 200,
    help: "longest time of a kernel call on a small card; less where a driver takes the GPU away",
  }),
  "max-pixels": number({
    min: 1,
    whole: true,
    default: 268_402_689,
    help: "refuse larger pictures, which may be traps",
  }),
  "allow-truncated": flag({ help: "decode what is there of pictures that are cut off" }),
  json: flag({ help: "print what was done as JSON, one line for each of several inputs" }),
  progress: choice({
    of: ["auto", "bar", "plain", "json", "none"],
    default: "auto",
    help: "how progress is shown on standard error",
  }),
  quiet: flag({ short: "q", help: "show errors only" }),
  verbose: level({
    short: "v",
    help: "show the adapter, the model and times; -vv times each kernel, which takes longer",
  }),
  "dry-run": flag({ help: "check everything and say what would be done" }),
  "fail-fast": flag({ help: "stop at the first input that fails" }),
  config: text({ value: "<file>", help: "JSON file with long options; the command line wins" }),
  debug: flag({
    help: "show stack traces and shaders that do not compile, keep temporary files",
  }),
  "list-models": flag({ help: "list the models and end" }),
  help: flag({ short: "h", help: "show this and end" }),
  version: flag({ short: "V", help: "show versions and end; with --json those of all programs" }),
} as const satisfies OptionTable;
