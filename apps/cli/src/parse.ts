import { parseArgs } from "node:util";
import { CliError } from "./errors.ts";
import { type OptionTable, type OptionValues, readOption } from "./options.ts";
import { nearestName } from "@vicinity/checkpoint";

/** What a command line says: option values by long name, and the rest. */
export interface Parsed<Table> {
  /** A value for every row of the table. */
  readonly values: OptionValues<Table>;
  /** The long names that the user gave, so that a default can be told from a choice. */
  readonly given: ReadonlySet<string>;
  /** The arguments that are no options. */
  readonly inputs: readonly string[];
}

/**
 * Reads a command line by an option table. Unknown options are errors with a suggestion; letters may be
 * joined; `--no-x` turns a switch off; one leading `--` (which `deno task name -- ...` passes on) is dropped.
 *
 * @param args The arguments after the command.
 * @param table The options that exist.
 * @param config Values from a configuration file, by long name; the command line wins.
 * @param absent Why there are no options that people expect, by the names that they try.
 * @returns The values and the remaining arguments.
 * @throws {CliError} `USAGE` for an unknown option, a missing value or one that does not fit.
 */
export function parseCommandLine<Table extends OptionTable>(
  args: readonly string[],
  table: Table,
  config: Readonly<Record<string, string>> = {},
  absent: Readonly<Record<string, string>> = {},
): Parsed<Table> {
  const values: Record<string, unknown> = {};
  for (const [name, option] of Object.entries(table)) values[name] = option.default;
  for (const [name, given] of Object.entries(config)) {
    const option = table[name];
    if (option === undefined) throw unknownOption(`--${name}`, table, absent);
    values[name] = readOption(name, option, given);
  }
  const given = new Set(Object.keys(config));
  const typed = new Set<string>();
  const inputs: string[] = [];
  for (const token of tokensOf(args, table)) {
    if (token.kind === "positional") inputs.push(token.value);
    if (token.kind !== "option") continue;
    const { name, negated } = resolveName(token, table);
    const option = table[name];
    if (option === undefined) throw unknownOption(token.rawName, table, absent);
    const text = valueOf(token, option.value !== undefined, negated);
    const value = readOption(name, option, text);
    values[name] = typed.has(name) && option.again ? option.again(values[name], value) : value;
    typed.add(name);
    given.add(name);
  }
  return { values: values as OptionValues<Table>, given, inputs };
}

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];
type OptionToken = Extract<Token, { kind: "option" }>;

function tokensOf(args: readonly string[], table: OptionTable): readonly Token[] {
  const options: Record<string, { type: "boolean" | "string"; short?: string }> = {};
  for (const [name, option] of Object.entries(table)) {
    options[name] = {
      type: option.value === undefined ? "boolean" : "string",
      ...(option.short === undefined ? {} : { short: option.short }),
    };
  }
  const { tokens } = parseArgs({
    args: args[0] === "--" ? args.slice(1) : [...args],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens;
}

function resolveName(
  token: OptionToken,
  table: OptionTable,
): { readonly name: string; readonly negated: boolean } {
  if (!Object.hasOwn(table, token.name) && token.name.startsWith("no-")) {
    const name = token.name.slice(3);
    if (table[name]?.value === undefined && Object.hasOwn(table, name)) {
      return { name, negated: true };
    }
  }
  return { name: token.name, negated: false };
}

function valueOf(token: OptionToken, takesValue: boolean, negated: boolean): string {
  if (!takesValue) {
    if (token.value !== undefined) {
      throw new CliError("USAGE", `${token.rawName} takes no value, got "${token.value}"`);
    }
    return negated ? "false" : "true";
  }
  if (token.value === undefined) throw new CliError("USAGE", `${token.rawName} needs a value`);
  if (!token.inlineValue && token.value.length > 1 && token.value.startsWith("-")) {
    throw new CliError("USAGE", `${token.rawName} needs a value, got the option ${token.value}`, {
      hint: `write --${token.name}=${token.value} if it is meant as a value`,
    });
  }
  return token.value;
}

function unknownOption(
  rawName: string,
  table: OptionTable,
  absent: Readonly<Record<string, string>>,
): CliError {
  const name = rawName.replace(/^-+/, "");
  const close = nearestName(name, Object.keys(table));
  const near = close === undefined ? "--help lists every option" : `did you mean --${close}?`;
  const hint = (Object.hasOwn(absent, name) ? absent[name] : undefined) ?? near;
  return new CliError("USAGE", `unknown option ${rawName}`, { hint });
}
