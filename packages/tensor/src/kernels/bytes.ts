/**
 * Frames as bytes, four in a word, lowest first:
 * `y[i] = byte[at(i)] · scale + offset`, where `at` may skip the last channels of a pixel, and
 * `byte[i] = round(clamp(x[i] · scale + offset, 0, 255))`, ties to the even number.
 * An invocation owns four outputs, so that no word is shared.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of {@link bytesToFloat}. */
export interface BytesToFloatSpec {
  /** Bytes of a pixel. */
  readonly stored: number;
  /** Channels of the result: the first ones of the pixel. */
  readonly channels: number;
  /** The number of outputs is a multiple of four. */
  readonly vector: boolean;
}

/** What decides the text of {@link floatToBytes}. */
export interface FloatToBytesSpec {
  /** The number of inputs is a multiple of four. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const BYTES_THREADS = 64;

const PARAMS = { count: "u32", scale: "f32", offset: "f32" } as const;

/** Declares `first`, the first of four elements, and leaves when there is none. */
const FIRST = `  let index = ${FLAT_WORKGROUP} * ${BYTES_THREADS}u + local;
  let first = index * 4u;
  if (first >= p.count) { return; }`;

/**
 * Builds the kernel from bytes to floats.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over fours of outputs.
 */
export function bytesToFloat({ stored, channels, vector }: BytesToFloatSpec): Kernel {
  const dense = stored === channels;
  const at = (i: number) =>
    `(first + ${i}u) / ${channels}u * ${stored}u + (first + ${i}u) % ${channels}u`;
  const byte = (i: number) =>
    dense
      ? `  let v${i} = f32(extractBits(word, ${8 * i}u, 8u)) * p.scale + p.offset;`
      : `  let at${i} = ${at(i)};
  let v${i} = f32(extractBits(bytes[min(at${i} / 4u, p.words - 1u)], at${i} % 4u * 8u, 8u)) * p.scale + p.offset;`;
  return kernel({
    label: "bytes to float",
    bindings: [
      { name: "bytes", type: "u32", access: "read" },
      { name: "y", type: vector ? "vec4f" : "f32", access: "read_write" },
    ],
    params: { ...PARAMS, words: "u32" },
    workgroup: [BYTES_THREADS, 1, 1],
    body: `${FIRST}
${dense ? "  let word = bytes[index];" : ""}
${each(4, byte)}
${
      vector
        ? "  y[index] = vec4f(v0, v1, v2, v3);"
        : each(4, (i) => `  if (first + ${i}u < p.count) { y[first + ${i}u] = v${i}; }`)
    }`,
  });
}

/**
 * Builds the kernel from floats to bytes.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over words.
 */
export function floatToBytes({ vector }: FloatToBytesSpec): Kernel {
  const lanes = ["x", "y", "z", "w"];
  const gathered = each(
    4,
    (i) =>
      `  v.${lanes[i]} = select(0.0, x[min(first + ${i}u, p.count - 1u)] * p.scale + p.offset, ` +
      `first + ${i}u < p.count);`,
  );
  return kernel({
    label: "float to bytes",
    bindings: [
      { name: "x", type: vector ? "vec4f" : "f32", access: "read" },
      { name: "bytes", type: "u32", access: "read_write" },
    ],
    params: PARAMS,
    workgroup: [BYTES_THREADS, 1, 1],
    body: `${FIRST}
${vector ? "  let v = x[index] * p.scale + p.offset;" : `  var v = vec4f();\n${gathered}`}
  let b = min(vec4u(round(clamp(v, vec4f(), vec4f(255.0)))), vec4u(255u));
  bytes[index] = b.x | (b.y << 8u) | (b.z << 16u) | (b.w << 24u);`,
  });
}
