/** How far an output may lie from its reference. */

/** Distances between an output and its reference. */
export interface Errors {
  /** Largest absolute difference; infinite when a value is no number. */
  readonly absolute: number;
  /** Largest difference over 1 + |reference|. */
  readonly scaled: number;
  /** Norm of the difference over the norm of the reference. */
  readonly relative: number;
  /** Share of the values that differ at all. */
  readonly share: number;
  /** Share of the values that differ by more than rounding. */
  readonly displaced: number;
}

/** A bar, and how the table words it. */
export interface Tolerance {
  readonly text: string;
  accepts(errors: Errors): boolean;
}

/** Differences of values around 1 that floats of 32 bits cannot avoid. */
const ROUNDING = 1e-5;

/** Every floating output has to reach this, whatever its kind. */
const RELATIVE = 1e-4;

/** Integers, masks and everything else that is either right or wrong. */
export const EXACT: Tolerance = { text: "exact", accepts: ({ absolute }) => absolute === 0 };

/** Values below 1 that were rounded to 32 bits after a function that is exact on no machine. */
export const FLOAT32_STEP: Tolerance = {
  text: "1e-7",
  accepts: ({ absolute }) => absolute <= 1e-7,
};

/** Points that are moved. */
export const SWEEPS: Tolerance = within(1e-6);

/** Single operations. */
export const OPERATION: Tolerance = within(2e-5);

/** Neighbourhood attention alone. */
export const ATTENTION: Tolerance = absolutelyWithin(2e-5, 1e-5);

/** Pooled regions alone. */
export const REGIONS: Tolerance = absolutelyWithin(2e-5);

/** Blocks and tiny networks. */
export const TINY_NETWORK: Tolerance = absolutelyWithin(1e-4);

/** Parts of detectors in LiDAR scans, and their boxes in metres and radians. */
export const SCAN_NETWORK: Tolerance = within(2e-4);

/** Whole detectors in LiDAR scans: boxes in metres and radians, scores, and maps of full size. */
export const DETECTOR: Tolerance = within(1e-3);

/** Areas that boxes have in common, and their shares. */
export const OVERLAPS: Tolerance = absolutelyWithin(2e-5);

/** Networks of many layers. */
export const NETWORK: Tolerance = within(5e-4);

/** Parts of networks where norms run over few channels. */
export const PARTS: Tolerance = absolutelyWithin(2e-4);

/** Logits of networks of many layers, whose weights have no training behind them. */
export const LOGITS: Tolerance = absolutelyWithin(1e-3);

/** Mean, deviation and extremes of a map. */
export const STATISTICS: Tolerance = absolutelyWithin(1e-3);

/** Boxes, in pixels. */
export const BOXES: Tolerance = {
  text: "0.02 px",
  accepts: ({ absolute, relative }) => absolute <= 0.02 && relative <= RELATIVE,
};

/** Proposals, in pixels. */
export const PROPOSALS: Tolerance = {
  text: "0.05 px",
  accepts: ({ absolute, relative }) => absolute <= 0.05 && relative <= RELATIVE,
};

/** Normalised pixels of a resized picture: a value on the edge may fall to either side. */
export const PIXELS: Tolerance = {
  text: "1 step in 1%",
  accepts: ({ absolute, displaced }) => absolute <= 0.0181 && displaced <= 1e-2,
};

/** Bytes of pictures that OpenCV resized. */
export const LEVELS: Tolerance = { text: "1 level", accepts: ({ absolute }) => absolute <= 1 };

/** Values below 1 that were stored in 16 bits. */
export const HALF: Tolerance = {
  text: "5e-4",
  accepts: ({ absolute }) => absolute <= 5e-4,
};

/** Classes of pixels: where two are as likely either may win. */
export const LABELS: Tolerance = {
  text: "0.5% of pixels",
  accepts: ({ share }) => share <= 5e-3,
};

/** Pixels of masks: where a probability is the threshold it may fall to either side. */
export const MASKS: Tolerance = {
  text: "0.1% of pixels",
  accepts: ({ share }) => share <= 1e-3,
};

/** Rounded 8-bit frames: a value on the edge may fall to either side. */
export const BYTES: Tolerance = {
  text: "1 in 0.1%",
  accepts: ({ absolute, share }) => absolute <= 1 && share <= 1e-3,
};

/** Tiny RelayFormers and what is inside them. */
export const TINY_RELAYS: Tolerance = absolutelyWithin(2e-4);

/** RelayFormer at its published size. */
export const LARGE_RELAYS: Tolerance = absolutelyWithin(2e-3);

/** Values that are moved, averaged or resampled. */
export const MOVED: Tolerance = absolutelyWithin(1e-5);

/** Pixels that are normalised and not resized. */
export const NORMALISED: Tolerance = absolutelyWithin(2e-6);

/** Bytes of an enlarged picture where OpenCV has several ways to round. */
export const RESIZED: Tolerance = {
  text: "1 in 0.4%",
  accepts: ({ absolute, share }) => absolute <= 1 && share <= 4e-3,
};

/** The bound holds for the difference itself, however large the values are. */
function absolutelyWithin(bound: number, norm = RELATIVE): Tolerance {
  return {
    text: `${bound.toExponential()}, rel ${norm.toExponential()}`,
    accepts: ({ absolute, relative }) => absolute <= bound && relative <= norm,
  };
}

function within(bound: number, norm = RELATIVE): Tolerance {
  return {
    text: `${bound.toExponential()}(1+|ref|), rel ${norm.toExponential()}`,
    accepts: ({ scaled, relative }) => scaled <= bound && relative <= norm,
  };
}

/**
 * Measures an output.
 *
 * @param actual The output.
 * @param expected Its reference, as many values.
 * @returns The distances.
 */
export function measure(actual: ArrayLike<number>, expected: ArrayLike<number>): Errors {
  let [absolute, scaled, difference, norm, differing, displaced] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < expected.length; i++) {
    const [a = NaN, b = NaN] = [actual[i], expected[i]];
    const error = a === b ? 0 : Math.abs(a - b);
    const distance = Number.isNaN(error) ? Infinity : error;
    absolute = Math.max(absolute, distance);
    scaled = Math.max(scaled, distance / (1 + Math.abs(b)));
    difference += distance ** 2;
    norm += b ** 2;
    if (distance > 0) differing++;
    if (distance > ROUNDING) displaced++;
  }
  return {
    absolute,
    scaled,
    relative: difference === 0 ? 0 : Math.sqrt(difference / norm),
    share: differing / Math.max(1, expected.length),
    displaced: displaced / Math.max(1, expected.length),
  };
}
