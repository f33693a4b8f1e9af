/** Arguments of scripts: read, explained with `--help`, and refused with how they are meant. */
import { parseArgs, type ParseArgsConfig } from "node:util";
import { print, tell } from "./print.ts";

type OptionTable = NonNullable<ParseArgsConfig["options"]>;

type Parsed<Table extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: Table; allowPositionals: true }>
>;

/**
 * Ends the script with status 2.
 *
 * @param usage How the script is called, and what it does.
 * @param reason What is wrong with how it was called.
 */
export function wrongUsage(usage: string, reason: string): never {
  tell(`Cannot read the arguments: ${reason}.\n\nusage: ${usage}`);
  Deno.exit(2);
}

/**
 * Reads the arguments of a script. With `--help` it ends with its usage, with unknown options, missing
 * values or too many words with status 2.
 *
 * @param usage How the script is called, and what it does.
 * @param options As `parseArgs` takes them; switches that are on get a `--no-` form.
 * @param most How many words beside the options there may be.
 * @returns The options by their names, and the words.
 */
export function readArguments<const Table extends OptionTable>(
  usage: string,
  options: Table,
  most = 0,
): Parsed<Table> {
  if (Deno.args.includes("--help") || Deno.args.includes("-h")) {
    print(`usage: ${usage}`);
    Deno.exit(0);
  }
  const args = Deno.args[0] === "--" ? Deno.args.slice(1) : Deno.args;
  const { values, positionals } = parsed(usage, args, options);
  const extra = positionals[most];
  if (extra !== undefined) wrongUsage(usage, `"${extra}" is one word too many`);
  return { values, positionals };
}

function parsed<const Table extends OptionTable>(
  usage: string,
  args: string[],
  options: Table,
): Parsed<Table> {
  try {
    return parseArgs({ args, options, allowPositionals: true, allowNegative: true });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const [reason = ""] = error.message.split(". ");
    return wrongUsage(usage, reason.replace(/\.$/, ""));
  }
}

/**
 * Reads a whole number.
 *
 * @param usage How the script is called.
 * @param name The option or word.
 * @param text Its value.
 * @param least The smallest that is meant.
 * @returns The number; otherwise the script ends with status 2.
 */
export function wholeNumber(usage: string, name: string, text: string, least = 1): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least) return value;
  return wrongUsage(usage, `${name} is a whole number from ${least} on, not "${text}"`);
}

/**
 * Whether a name is meant by words that stand for those which have one of them.
 *
 * @param name The name.
 * @param words Parts of names; none for all.
 * @returns Whether it is meant.
 */
export function isNamed(name: string, words: readonly string[]): boolean {
  return words.length === 0 || words.some((word) => name.includes(word));
}

/**
 * Ends the script with status 2 and the names that there are, if a word is part of none of them.
 *
 * @param usage How the script is called.
 * @param words Parts of names.
 * @param names All names.
 */
export function refuseUnknown(
  usage: string,
  words: readonly string[],
  names: readonly string[],
): void {
  for (const word of words) {
    if (names.some((name) => isNamed(name, [word]))) continue;
    wrongUsage(usage, `nothing is called "${word}"; there are\n  ${names.join("\n  ")}`);
  }
}
