import { CliError } from "@vicinity/cli";
import { lowestTerms, type Rational, type VideoInfo } from "@vicinity/media";

/** Factors that the networks are made for. */
const MODEL_FACTORS: readonly number[] = [2, 3, 4];

const LARGEST_RESULT = 700e6;

/** A size that the user asks for: a factor, or columns and rows of which one may be left open. */
export type Wanted =
  | { readonly scale: number }
  | { readonly width: number | undefined; readonly height: number | undefined };

/** What becomes of a picture of one size. */
export interface TargetSize {
  /** The factor that the network works at. */
  readonly factor: number;
  /** Columns of the result. */
  readonly width: number;
  /** Rows of the result. */
  readonly height: number;
}

/**
 * Reads the value of `--size`.
 *
 * @param text Such as `1920x1080` or `1920x-1`.
 * @returns Columns and rows; undefined where the shape of the picture decides.
 */
export function readSize(text: string): Wanted {
  const [, width, height] = /^(-1|[1-9]\d*)x(-1|[1-9]\d*)$/i.exec(text) ?? [];
  const side = (given: string) => given === "-1" ? undefined : Number(given);
  const wanted = width === undefined || height === undefined
    ? undefined
    : { width: side(width), height: side(height) };
  if (wanted === undefined || (wanted.width ?? wanted.height) === undefined) {
    throw new Error("must be <width>x<height>, one of which may be -1");
  }
  return wanted;
}

/**
 * Decides the size of a result and the smallest factor of the network that covers it.
 *
 * @param input Size of the input.
 * @param wanted What the user asked for.
 * @returns The target.
 * @throws {CliError} `SIZE` when the result is smaller than the input, or too large for the network.
 */
export function targetSize(
  input: { readonly width: number; readonly height: number },
  wanted: Wanted,
): TargetSize {
  const { width, height } = resolve(input, wanted);
  const ratio = Math.max(width / input.width, height / input.height);
  const exact = "scale" in wanted ? wanted.scale : ratio;
  const factor = MODEL_FACTORS.find((candidate) => candidate >= exact - 1e-9);
  const sizes = `${input.width} x ${input.height} to ${width} x ${height}`;
  if (factor === undefined) {
    const largest = MODEL_FACTORS.at(-1) ?? 1;
    throw new CliError("SIZE", `cannot enlarge ${sizes}: more than ${largest} times`, {
      hint: "enlarge the result once more",
    });
  }
  if (width < input.width || height < input.height) {
    throw new CliError("SIZE", `cannot enlarge ${sizes}: that is smaller`, {
      hint: "give a --size that is at least the input's",
    });
  }
  if (width * height > LARGEST_RESULT) {
    throw new CliError("IMAGE_TOO_LARGE", `the result would have ${width} x ${height} pixels`, {
      hint: "choose a smaller --scale or --size",
    });
  }
  return { factor, width, height };
}

/**
 * The shape of a pixel with which a picture looks as it did, whatever the shape of its new size.
 *
 * @param input Size and shape of the pixels of the input.
 * @param size Size of the result.
 * @returns The input's shape where only rounding changes the size's, or where its pixels are square: who
 *   asks for another size then wants the picture stretched.
 */
export function pixelShape(
  input: Pick<VideoInfo, "width" | "height" | "sampleAspectRatio">,
  size: { readonly width: number; readonly height: number },
): Rational {
  const { num, den } = input.sampleAspectRatio;
  const isKept = Math.round(input.height * size.width / input.width) === size.height ||
    Math.round(input.width * size.height / input.height) === size.width;
  if (num === den || isKept) return input.sampleAspectRatio;
  return lowestTerms(num * input.width * size.height, den * input.height * size.width);
}

function resolve(
  input: { readonly width: number; readonly height: number },
  wanted: Wanted,
): { width: number; height: number } {
  const scaled = (side: number, factor: number) => Math.max(1, Math.round(side * factor));
  if ("scale" in wanted) {
    return {
      width: scaled(input.width, wanted.scale),
      height: scaled(input.height, wanted.scale),
    };
  }
  const { width, height } = wanted;
  return {
    width: width ?? scaled(input.width, (height ?? 0) / input.height),
    height: height ?? scaled(input.height, (width ?? 0) / input.width),
  };
}

/**
 * Names a wanted size in a file name.
 *
 * @param wanted The size.
 * @returns Such as `x2`, `to1920x1080` or `to1920xauto`.
 */
export function sizeName(wanted: Wanted): string {
  if ("scale" in wanted) return `x${wanted.scale}`;
  return `to${wanted.width ?? "auto"}x${wanted.height ?? "auto"}`;
}
