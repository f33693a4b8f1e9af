import { glob, readdir } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { CliError, type ErrorCode } from "./errors.ts";
import { WORK_ENDING } from "./outputs.ts";
import { shownPath, userFolder, userPath } from "./paths.ts";
import { nearestName } from "@vicinity/checkpoint";
import { toCliError } from "./to_cli_error.ts";

/** One thing to work on. */
export interface Input {
  /** Absolute path, or `-` for standard input. */
  readonly path: string;
  /** What the user is shown: the path as given or found, relative to where the user stands. */
  readonly shown: string;
  /** The folder below the given folder in which the file was found, mirrored below the output folder. */
  readonly subfolder: string;
  /** The files that are one input together, such as the frames of a film; `path` is their folder then. */
  readonly members?: readonly Input[] | undefined;
  /** Why it cannot be worked on, where that is known. */
  readonly fault?: CliError | undefined;
}

/** How folders and globs are searched. */
export interface InputRules {
  /** Endings without dot, in lower case, that count inside folders and globs. */
  readonly extensions: readonly string[];
  /** Whether folders are searched below their first level. */
  readonly recursive: boolean;
  /** Says of a file name whether this command wrote it, so that it is no input again. */
  readonly isOwnProduct: (name: string) => boolean;
}

/** The inputs of a run, and what was passed over while looking for them. */
export interface FoundInputs {
  /** In natural order within each argument, without repeats. */
  readonly inputs: readonly Input[];
  /** How many files in folders were passed over for their ending, or as own products. */
  readonly ignored: number;
}

/** Sorts `img2` before `img10`. */
export const naturally: Intl.Collator = new Intl.Collator("en", { numeric: true });

/**
 * Turns the arguments of a command into its inputs: files as they are, folders and globs expanded, `-` for
 * standard input.
 *
 * @param args The arguments that are no options.
 * @param rules Which files count, and how deep to look.
 * @returns The inputs in natural order (`img2` before `img10`); files that are not there are among them,
 * each with its fault.
 * @throws {CliError} `USAGE`, `NO_INPUT`, `INPUT_IS_DIR`; `INPUT_MISSING`, `INPUT_DENIED` when nothing else is left.
 *
 * @example
 * ```ts
 * import { findInputs } from "@vicinity/cli";
 * import assert from "node:assert/strict";
 *
 * const rules = { extensions: ["png"], recursive: false, isOwnProduct: () => false };
 * const { inputs } = await findInputs(["-"], rules);
 * assert.equal(inputs[0]?.path, "-");
 * ```
 */
export async function findInputs(args: readonly string[], rules: InputRules): Promise<FoundInputs> {
  const found = new Map<string, Input>();
  let ignored = 0;
  for (const arg of args) {
    const batch = await expand(arg, rules);
    ignored += batch.ignored;
    for (const input of batch.inputs) if (!found.has(input.path)) found.set(input.path, input);
  }
  const inputs = [...found.values()];
  const fault = inputs.every((input) => input.fault) ? inputs[0]?.fault : undefined;
  if (fault !== undefined) throw fault;
  return { inputs, ignored };
}

async function expand(arg: string, rules: InputRules): Promise<FoundInputs> {
  if (arg === "-") return { inputs: [{ path: "-", shown: "-", subfolder: "" }], ignored: 0 };
  // It would be the folder where the user stands, and comes from a variable that is not set.
  if (arg === "") throw new CliError("USAGE", "an input is empty text", { hint: "name a file" });
  const path = userPath(arg);
  try {
    const info = await statOrNothing(path);
    if (info?.isDirectory) return await searchFolder(arg, path, rules);
    if (info !== undefined) return { inputs: [inputAt(path, "")], ignored: 0 };
    if (/[*?[{]/.test(arg)) return await searchGlob(arg, rules);
    throw await missing(arg, path);
  } catch (error) {
    const fault = inputError(error, arg);
    // A file that is not there is no reason to leave the others, a search for nothing is a mistake.
    if (!FAULTS_OF_FILES.includes(fault.code)) throw fault;
    return { inputs: [{ ...inputAt(path, ""), fault }], ignored: 0 };
  }
}

/** What may not be read is no output. */
function inputError(error: unknown, arg: string): CliError {
  const known = error instanceof CliError ? error : toCliError(error, arg);
  if (known.code !== "OUTPUT_DENIED") return known;
  return new CliError("INPUT_DENIED", known.message, { file: arg, cause: error });
}

const FAULTS_OF_FILES: readonly ErrorCode[] = ["INPUT_MISSING", "INPUT_DENIED"];

async function searchFolder(arg: string, folder: string, rules: InputRules): Promise<FoundInputs> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: rules.recursive });
  const paths = entries.filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  const result = select(paths, folder, rules);
  if (result.inputs.length > 0) return result;
  if (!rules.recursive && entries.some((entry) => entry.isDirectory())) {
    throw new CliError("INPUT_IS_DIR", "is a folder with no usable file in it, only folders", {
      file: arg,
      hint: "search them too with -r",
    });
  }
  throw nothingIn(`the folder "${arg}"`, rules);
}

async function searchGlob(arg: string, rules: InputRules): Promise<FoundInputs> {
  const paths: string[] = [];
  for await (const match of glob(arg, { cwd: userFolder() })) {
    const path = userPath(match);
    if ((await statOrNothing(path))?.isFile) paths.push(path);
  }
  const result = select(paths, userFolder(), rules);
  if (result.inputs.length === 0) throw nothingIn(`"${arg}"`, rules);
  return { ...result, inputs: result.inputs.map((input) => ({ ...input, subfolder: "" })) };
}

function select(paths: readonly string[], folder: string, rules: InputRules): FoundInputs {
  const visible = paths.filter((path) =>
    !relative(folder, path).split(/[\\/]/).some((part) => part.startsWith(".") && part !== "..")
  );
  const inputs = visible
    .filter((path) => !rules.isOwnProduct(basename(path)))
    .filter((path) => !isInWorkFolder(relative(folder, path)))
    .filter((path) => rules.extensions.includes(extname(path).slice(1).toLowerCase()))
    .sort(naturally.compare)
    .map((path) => inputAt(path, relative(folder, dirname(path))));
  return { inputs, ignored: visible.length - inputs.length };
}

/** Parts of a result that is not finished are no inputs either. */
function isInWorkFolder(path: string): boolean {
  return dirname(path).split(/[\\/]/).some((part) =>
    part.endsWith(WORK_ENDING) && extname(basename(part, WORK_ENDING)) !== ""
  );
}

function inputAt(path: string, subfolder: string): Input {
  return { path, shown: shownPath(path), subfolder };
}

function nothingIn(place: string, rules: InputRules): CliError {
  return new CliError("NO_INPUT", `no input found for ${place}`, {
    hint: `accepted endings: ${rules.extensions.join(", ")}`,
  });
}

async function missing(arg: string, path: string): Promise<CliError> {
  let near: string | undefined;
  try {
    near = nearestName(basename(path), await readdir(dirname(path)));
  } catch {
    near = undefined;
  }
  return new CliError("INPUT_MISSING", "file not found", {
    file: arg,
    hint: near === undefined ? "check the path" : `did you mean ${join(dirname(arg), near)}?`,
  });
}

async function statOrNothing(path: string): Promise<Deno.FileInfo | undefined> {
  try {
    return await Deno.stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) {
      return undefined;
    }
    throw error;
  }
}

const HEAD_BYTES = 4096;

/**
 * Reads the beginning of an input, from which its kind can be told.
 *
 * @param input A file.
 * @returns At most 4096 bytes; none when it cannot be read.
 */
export async function readHead(input: Input): Promise<Uint8Array> {
  try {
    using file = await Deno.open(input.path, { read: true });
    const head = new Uint8Array(HEAD_BYTES);
    let filled = 0;
    while (filled < HEAD_BYTES) {
      const count = await file.read(head.subarray(filled));
      if (count === null) break;
      filled += count;
    }
    return head.subarray(0, filled);
  } catch {
    return new Uint8Array();
  }
}

/**
 * Reads an input whole.
 *
 * @param input A file.
 * @returns Its bytes, at least one.
 * @throws {CliError} `INPUT_EMPTY`, `INPUT_DENIED`, `INPUT_MISSING`.
 */
export async function readInput(input: Input): Promise<Uint8Array> {
  const bytes = await readFile(input);
  if (bytes.length === 0) {
    throw new CliError("INPUT_EMPTY", "file is empty (0 bytes)", { file: input.shown });
  }
  return bytes;
}

async function readFile(input: Input): Promise<Uint8Array> {
  try {
    return await Deno.readFile(input.path);
  } catch (error) {
    const denied = error instanceof Deno.errors.PermissionDenied;
    if (!denied) throw error;
    throw new CliError("INPUT_DENIED", "permission denied", { file: input.shown, cause: error });
  }
}
