import { CliError, nearest } from "@vicinity/cli";

/** What can be made of an input, by the names of `--save`, with what follows the stem of a file. */
const SUFFIXES = {
  overlay: "overlay.png",
  labels: "labels.png",
  color: "color.png",
  rle: "coco.json",
  polygons: "polygons.json",
  probs: "probs.npy",
  json: "json",
} as const;

/** A result of `segment`. */
export type Product = keyof typeof SUFFIXES;

/** Results that show frames and can be videos. */
const MOVING: readonly Product[] = ["overlay", "color", "json"];
const DEFAULTS: readonly Product[] = ["overlay", "labels", "json"];

/** Names that this command gives its results. */
export const OWN_PRODUCT =
  /\.((overlay|labels|color)\.png|(overlay|color)\.\w+|(coco|polygons)\.json|probs\.npy)$/;

/**
 * Reads the value of `--save`.
 *
 * @param names What the user gave; nothing for the usual results.
 * @returns The results, the main one first.
 * @throws {CliError} `USAGE` for a name that is none.
 */
export function readProducts(names: readonly string[]): readonly Product[] {
  if (names.length === 0) return DEFAULTS;
  if (names.length === 1 && names[0] === "none") return [];
  return [...new Set(names)].map((name) => {
    if (Object.hasOwn(SUFFIXES, name)) return name as Product;
    const near = nearest(name, Object.keys(SUFFIXES));
    throw new CliError("USAGE", `--save does not know ${name}`, {
      hint: near === undefined
        ? `choose from ${Object.keys(SUFFIXES).join(", ")}`
        : `did you mean ${near}?`,
    });
  });
}

/**
 * The results of one input.
 *
 * @param chosen All results that are wanted.
 * @param type What the input is.
 * @param asked Whether the user named the results.
 * @returns Those that there are for this kind of input.
 * @throws {CliError} `USAGE` when the user asked for one that a video has not.
 */
export function productsFor(
  chosen: readonly Product[],
  type: "picture" | "video",
  asked: boolean,
): readonly Product[] {
  if (type === "picture") return chosen;
  const impossible = chosen.find((product) => !MOVING.includes(product));
  if (asked && impossible !== undefined) {
    throw new CliError("USAGE", `--save ${impossible} is for pictures, not for videos`, {
      hint: `choose from ${MOVING.join(", ")}`,
    });
  }
  return chosen.filter((product) => MOVING.includes(product));
}

/**
 * What follows the stem in the name of a result.
 *
 * @param product The result.
 * @param video The ending of the video that it is; absent for pictures.
 * @returns Such as `overlay.png`.
 */
export function suffixOf(product: Product, video?: string): string {
  return video === undefined || product === "json" ? SUFFIXES[product] : `${product}.${video}`;
}
