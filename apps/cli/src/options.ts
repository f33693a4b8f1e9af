import { CliError } from "./errors.ts";

/** One row of a command's option table; `T` is the type its value has in `run`. */
export interface Option<T> {
  /** One sentence for `--help`. */
  readonly help: string;
  /** The one-letter form, without the dash. */
  readonly short?: string | undefined;
  /** The placeholder shown in help; absent for switches, which take no value. */
  readonly value?: string | undefined;
  /** The value when the user says nothing. */
  readonly default: T;
  /** The default as help shows it, where the value itself would not be clear. */
  readonly shown?: string | undefined;
  /** Reads the value; throws a plain message when it does not fit. */
  read(text: string): T;
  /** What becomes of a value when the option is given once more; the last one wins when absent. */
  again?(before: T, next: T): T;
}

/** An option table: long names without dashes to their rows. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>;

/** The values that a table yields. */
export type OptionValues<Table> = {
  readonly [Name in keyof Table]: Table[Name] extends Option<infer T> ? T : never;
};

/** What every kind of option may say. */
export interface OptionText {
  /** One sentence for `--help`. */
  readonly help: string;
  /** The one-letter form. */
  readonly short?: string;
  /** The placeholder of the value in help. */
  readonly value?: string;
  /** The default as help shows it. */
  readonly shown?: string;
}

/**
 * A switch: `--name` turns it on, `--no-name` off.
 *
 * @param text Its help, its letter, and whether it is on by default.
 * @returns The row.
 */
export function flag(text: OptionText & { readonly default?: boolean }): Option<boolean> {
  return {
    ...text,
    value: undefined,
    default: text.default ?? false,
    read: (given) => {
      if (given === "true") return true;
      if (given === "false") return false;
      throw new Error("takes no value");
    },
  };
}

/**
 * A switch that says more each time it is given, such as `-v` and `-vv`.
 *
 * @param text Its help and its letter.
 * @returns The row; its value is how often it was given.
 */
export function level(text: OptionText): Option<number> {
  const { read } = flag(text);
  return {
    ...text,
    value: undefined,
    default: 0,
    // A file of options gives the number itself.
    read: (given) => /^\d$/.test(given) ? Number(given) : Number(read(given)),
    again: (before, next) => next === 0 ? 0 : before + next,
  };
}

/**
 * An option with a free text as its value.
 *
 * @param text Its help, letter, placeholder.
 * @returns The row; its value is undefined when the option is absent.
 */
export function text(text: OptionText): Option<string | undefined> {
  return { value: "<text>", ...text, default: undefined, read: (given) => given };
}

/**
 * An option with one of a few words as its value.
 *
 * @param text Its help, the words, and which one is the default.
 * @returns The row.
 */
export function choice<const Word extends string>(
  text: OptionText & { readonly of: readonly Word[]; readonly default: NoInfer<Word> },
): Option<Word> {
  return {
    ...text,
    value: `<${text.of.join("|")}>`,
    default: text.default,
    read: (given) => {
      const word = text.of.find((name) => name === given);
      if (word === undefined) throw new Error(`must be one of ${text.of.join(", ")}`);
      return word;
    },
  };
}

/** The range and default of a {@link number} option. */
export interface NumberText<Default> extends OptionText {
  /** The smallest value allowed. */
  readonly min?: number;
  /** The largest value allowed. */
  readonly max?: number;
  /** Whether only whole numbers are allowed. */
  readonly whole?: boolean;
  /** The value when the option is absent. */
  readonly default: Default;
}

/**
 * An option with a number as its value.
 *
 * @param text Its help, range and default.
 * @returns The row.
 */
export function number<Default extends number | undefined>(
  text: NumberText<Default>,
): Option<number | Default> {
  const { min = -Infinity, max = Infinity, whole = false } = text;
  return {
    value: "<n>",
    ...text,
    read: (given) => {
      const parsed = given.trim() === "" ? NaN : Number(given);
      if (!Number.isFinite(parsed) || (whole && !Number.isInteger(parsed))) {
        throw new Error(`must be a ${whole ? "whole " : ""}number`);
      }
      if (parsed < min || parsed > max) {
        const range = max === Infinity ? `at least ${min}` : `between ${min} and ${max}`;
        throw new Error(`must be ${range}`);
      }
      return parsed;
    },
  };
}

/**
 * An option with comma-separated words as its value.
 *
 * @param text Its help, letter and placeholder.
 * @returns The row; its value is an empty list when the option is absent.
 */
export function list(text: OptionText): Option<readonly string[]> {
  return {
    value: "<list>",
    ...text,
    default: [],
    read: (given) => given.split(",").map((word) => word.trim()).filter((word) => word !== ""),
  };
}

/**
 * Applies a reader to one given value, turning its complaint into a usage error.
 *
 * @param name The long name of the option.
 * @param option Its row.
 * @param given The value as text; switches get `true` or `false`.
 * @returns The value.
 * @throws {CliError} `USAGE` when the value does not fit.
 */
export function readOption(name: string, option: Option<unknown>, given: string): unknown {
  try {
    return option.read(given);
  } catch (error) {
    if (error instanceof CliError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("USAGE", `--${name} ${reason}, got "${given}"`, {
      hint: "--help lists every option",
    });
  }
}
