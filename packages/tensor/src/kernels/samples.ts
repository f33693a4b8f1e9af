/**
 * Frames as samples of 8 or 16 bits, four or two in a word, lowest first:
 * `y[i] = sample[at(i)] · scale + offset`, where `at` may skip the last channels of a pixel, and
 * `sample[i] = round(clamp(x[i] · scale + offset, 0, 2^bits − 1))`, ties to the even number.
 * An invocation owns the outputs of one word, so that no word is shared.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** Bits of a sample. */
export type SampleBits = 8 | 16;

/** What decides the text of {@link samplesToFloat}. */
export interface SamplesToFloatSpec {
  /** Bits of a sample. */
  readonly bits: SampleBits;
  /** Samples of a pixel. */
  readonly stored: number;
  /** Channels of the result: the first ones of the pixel. */
  readonly channels: number;
  /** The number of outputs is a multiple of the samples of a word. */
  readonly vector: boolean;
}

/** What decides the text of {@link floatToSamples}. */
export interface FloatToSamplesSpec {
  /** Bits of a sample. */
  readonly bits: SampleBits;
  /** The number of inputs is a multiple of the samples of a word. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const SAMPLES_THREADS = 64;

const PARAMS = { count: "u32", scale: "f32", offset: "f32" } as const;
const LANES = ["x", "y", "z", "w"] as const;

/**
 * Tells how many samples share a word.
 *
 * @param bits Bits of a sample.
 * @returns Four or two.
 */
export function samplesOfWord(bits: SampleBits): 2 | 4 {
  return bits === 8 ? 4 : 2;
}

/** Declares `first`, the first element of a word, and leaves when there is none. */
function findFirst(lanes: number): string {
  return `  let index = ${FLAT_WORKGROUP} * ${SAMPLES_THREADS}u + local;
  let first = index * ${lanes}u;
  if (first >= p.count) { return; }`;
}

/**
 * Builds the kernel from samples to floats.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over as many outputs as a word has samples.
 */
export function samplesToFloat({ bits, stored, channels, vector }: SamplesToFloatSpec): Kernel {
  const lanes = samplesOfWord(bits);
  const dense = stored === channels;
  const at = (i: number) =>
    `(first + ${i}u) / ${channels}u * ${stored}u + (first + ${i}u) % ${channels}u`;
  const sample = (i: number) =>
    dense
      ? `  let v${i} = f32(extractBits(word, ${bits * i}u, ${bits}u)) * p.scale + p.offset;`
      : `  let at${i} = ${at(i)};
  let word${i} = samples[min(at${i} / ${lanes}u, p.words - 1u)];
  let v${i} = f32(extractBits(word${i}, at${i} % ${lanes}u * ${bits}u, ${bits}u)) * p.scale + p.offset;`;
  return kernel({
    label: `samples of ${bits} bits to float`,
    bindings: [
      { name: "samples", type: "u32", access: "read" },
      { name: "y", type: vector ? `vec${lanes}f` : "f32", access: "read_write" },
    ],
    params: { ...PARAMS, words: "u32" },
    workgroup: [SAMPLES_THREADS, 1, 1],
    body: `${findFirst(lanes)}
${dense ? "  let word = samples[index];" : ""}
${each(lanes, sample)}
${
      vector
        ? `  y[index] = vec${lanes}f(${LANES.slice(0, lanes).map((_, i) => `v${i}`).join(", ")});`
        : each(lanes, (i) => `  if (first + ${i}u < p.count) { y[first + ${i}u] = v${i}; }`)
    }`,
  });
}

/**
 * Builds the kernel from floats to samples.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over words.
 */
export function floatToSamples({ bits, vector }: FloatToSamplesSpec): Kernel {
  const lanes = samplesOfWord(bits);
  const white = 2 ** bits - 1;
  const [floats, wholes] = [`vec${lanes}f`, `vec${lanes}u`];
  const gathered = each(
    lanes,
    (i) =>
      `  v.${LANES[i]} = select(0.0, x[min(first + ${i}u, p.count - 1u)] * p.scale + p.offset, ` +
      `first + ${i}u < p.count);`,
  );
  const packed = LANES.slice(0, lanes).map((lane, i) => `(s.${lane} << ${bits * i}u)`);
  return kernel({
    label: `float to samples of ${bits} bits`,
    bindings: [
      { name: "x", type: vector ? floats : "f32", access: "read" },
      { name: "samples", type: "u32", access: "read_write" },
    ],
    params: PARAMS,
    workgroup: [SAMPLES_THREADS, 1, 1],
    body: `${findFirst(lanes)}
${vector ? "  let v = x[index] * p.scale + p.offset;" : `  var v = ${floats}();\n${gathered}`}
  let s = min(${wholes}(round(clamp(v, ${floats}(), ${floats}(${white}.0)))), ${wholes}(${white}u));
  samples[index] = ${packed.join(" | ")};`,
  });
}
