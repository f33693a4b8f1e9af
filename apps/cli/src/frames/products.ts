import { CliError } from "../errors.ts";
import { nearestName } from "@vicinity/checkpoint";

/** The results that a command can make of an input. */
export interface ProductTable {
  /** By the names of `--save`, what follows the stem of a picture's file. */
  readonly suffixes: Readonly<Record<string, string>>;
  /** Results that there are for videos; `json` or those that become videos themselves. */
  readonly moving: readonly string[];
  /** What is made when the user says nothing, the main result first. */
  readonly usual: readonly string[];
}

/**
 * Reads the value of `--save`.
 *
 * @param table What there is.
 * @param names What the user gave; nothing for the usual results, `none` for none.
 * @returns The results, the main one first.
 * @throws {CliError} `USAGE` for a name that is none.
 */
export function readProducts(table: ProductTable, names: readonly string[]): readonly string[] {
  if (names.length === 0) return table.usual;
  if (names.length === 1 && names[0] === "none") return [];
  const known = Object.keys(table.suffixes);
  return [...new Set(names)].map((name) => {
    if (known.includes(name)) return name;
    const near = nearestName(name, known);
    throw new CliError("USAGE", `--save does not know ${name}`, {
      hint: near === undefined ? `choose from ${known.join(", ")}` : `did you mean ${near}?`,
    });
  });
}

/**
 * Refuses a run that nobody would notice.
 *
 * @param products The results that it makes.
 * @param isTold Whether what it finds out is told elsewhere.
 * @throws {CliError} `USAGE`.
 */
export function requireProducts(products: readonly string[], isTold: boolean): void {
  if (products.length > 0 || isTold) return;
  throw new CliError("USAGE", "--save none leaves no result", { hint: "add --json" });
}

/**
 * The results of one input.
 *
 * @param table What there is.
 * @param chosen All results that are wanted.
 * @param input What the input is, and whether the user named the results.
 * @returns Those that there are for this kind of input.
 * @throws {CliError} `USAGE` when the user asked for one that a video has not.
 */
export function productsFor(
  { moving }: ProductTable,
  chosen: readonly string[],
  { type, asked }: { readonly type: "picture" | "video"; readonly asked: boolean },
): readonly string[] {
  if (type === "picture") return chosen;
  const impossible = chosen.find((product) => !moving.includes(product));
  if (asked && impossible !== undefined) {
    throw new CliError("USAGE", `--save ${impossible} is for pictures, not for videos`, {
      hint: `choose from ${moving.join(", ")}`,
    });
  }
  return chosen.filter((product) => moving.includes(product));
}

/**
 * What follows the stem in the name of a result.
 *
 * @param table What there is.
 * @param product The result.
 * @param video The ending of the video that it is; absent for pictures.
 * @returns Such as `overlay.png`.
 */
export function suffixOf({ suffixes }: ProductTable, product: string, video?: string): string {
  const suffix = suffixes[product] ?? product;
  return video === undefined || product === "json" ? suffix : `${product}.${video}`;
}
