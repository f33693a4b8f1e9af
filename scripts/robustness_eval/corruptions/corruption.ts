/** What corruptions have in common. */
import type { RgbFrame } from "@vicinity/media";
import type { Random } from "./random.ts";

/** How much of a corruption, after Hendrycks and Dietterich (arXiv 1903.12261). */
export type Strength = 1 | 2 | 3 | 4 | 5;

/** All of them, weak to strong. */
export const STRENGTHS: readonly Strength[] = [1, 2, 3, 4, 5];

/** A picture that was corrupted. */
export interface Corrupted extends RgbFrame {
  /** For each pixel the number of the one that it shows, where the corruption moves pixels. */
  readonly origins?: Uint32Array;
}

/** A way to spoil pictures; their size stays. */
export interface Corruption {
  /** What tables call it. */
  readonly name: string;
  /**
   * Spoils a picture.
   *
   * @param picture The picture, of one pixel or more; it is kept.
   * @param strength How much.
   * @param random Where chance comes from.
   * @returns A new picture of the same size.
   */
  readonly apply: (
    picture: RgbFrame,
    strength: Strength,
    random: Random,
  ) => Corrupted | Promise<Corrupted>;
}

/** Corruptions of one cause. */
export interface Family {
  /** What tables call it. */
  readonly name: string;
  /** Its members. */
  readonly corruptions: readonly Corruption[];
}

/**
 * Settings by strength.
 *
 * @param settings Weak to strong.
 * @returns A table.
 */
export function byStrength<Setting>(
  ...settings: readonly [Setting, Setting, Setting, Setting, Setting]
): Readonly<Record<Strength, Setting>> {
  const [first, second, third, fourth, fifth] = settings;
  return { 1: first, 2: second, 3: third, 4: fourth, 5: fifth };
}

/** Side of the square pictures that the lengths of the benchmark were chosen for. */
const BENCHMARK_SIDE = 224;

/**
 * Pixels of a picture for one of the benchmark's. Lengths grow with the shorter side, so that a
 * corruption hides as much of a small picture as of a large one.
 *
 * @param picture Its size.
 * @returns 1 where the shorter side has 224 pixels.
 */
export function lengthUnit({ width, height }: Pick<RgbFrame, "width" | "height">): number {
  return Math.min(width, height) / BENCHMARK_SIDE;
}
