/**
 * What the intensities of a file range over: `unit` 0 to 1, `byte` 0 to 255, `word` 16 bits, `raw`
 * Waymo's, which have no upper end.
 */
export type IntensityUnit = "unit" | "byte" | "word" | "raw";

/** What a model was trained on: 0 to 1, 0 to 255, or the hyperbolic tangent of Waymo's. */
export type IntensityScale = "unit" | "byte" | "tanh";

/** Above this, intensities are no share of 1; a few returns of calibrated sensors exceed 1 a little. */
const MOST_UNIT = 1.5;
const [BYTE, WORD] = [255, 65_535];

/**
 * Tells what intensities range over by their largest value. Waymo's cannot be told so: they go up
 * to tens of thousands although most are below 1, and come with elongations.
 *
 * @param intensity The intensities of a scan.
 * @param elongation Its elongations, if it has any: then it is Waymo's.
 * @returns The unit; `unit` for a scan without returns.
 */
export function intensityUnit(
  intensity: Float32Array,
  elongation?: Float32Array,
): IntensityUnit {
  if (elongation !== undefined) return "raw";
  let most = 0;
  for (const value of intensity) if (value > most) most = value;
  if (most <= MOST_UNIT) return "unit";
  return most <= BYTE ? "byte" : "word";
}

/** What brings intensities of a unit to 0..1. */
const SHARES: Readonly<Record<IntensityUnit, (value: number) => number>> = {
  unit: (value) => value,
  byte: (value) => value / BYTE,
  word: (value) => value / WORD,
  raw: Math.tanh,
};

/**
 * Converts intensities to what a model was trained on. Into `tanh` go Waymo's as they are and
 * others as shares of 1, the range in which most of Waymo's lie.
 *
 * @param intensity The intensities of a scan.
 * @param unit What they range over.
 * @param scale What the model wants.
 * @returns New intensities.
 *
 * @example
 * ```ts
 * import { convertIntensity, intensityUnit } from "@vicinity/dsvt";
 * import assert from "node:assert/strict";
 *
 * const bytes = Float32Array.of(0, 51, 255);
 * assert.deepEqual([...convertIntensity(bytes, intensityUnit(bytes), "byte")], [0, 51, 255]);
 * assert.equal(convertIntensity(bytes, "byte", "unit")[2], 1);
 * ```
 */
export function convertIntensity(
  intensity: Float32Array,
  unit: IntensityUnit,
  scale: IntensityScale,
): Float32Array<ArrayBuffer> {
  if (unit === scale) return Float32Array.from(intensity);
  const share = SHARES[unit];
  switch (scale) {
    case "unit":
      return Float32Array.from(intensity, share);
    case "byte":
      return Float32Array.from(intensity, (value) => BYTE * share(value));
    case "tanh":
      return Float32Array.from(
        intensity,
        unit === "raw" ? share : (value) => Math.tanh(share(value)),
      );
  }
}

/**
 * The tangent that Waymo's elongations go through before a model sees them.
 *
 * @param elongation Elongations as stored.
 * @returns New elongations, 0 to 1.
 */
export function convertElongation(elongation: Float32Array): Float32Array<ArrayBuffer> {
  return Float32Array.from(elongation, Math.tanh);
}
