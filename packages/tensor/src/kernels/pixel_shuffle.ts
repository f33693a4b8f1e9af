/**
 * Channels to pixels: `y[n, h·r + dy, w·r + dx, c] = x[n, h, w, c·r² + dy·r + dx]`, PyTorch's order,
 * with `base + scale · y` where a base is given.
 */
import { element } from "../wgsl/element.ts";
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface PixelShuffleSpec {
  /** Side of the square that a pixel becomes. */
  readonly side: number;
  /** Channels of the result. */
  readonly channels: number;
  /** The result is added to another picture. */
  readonly residual: boolean;
  /** From pixels back to channels. */
  readonly inverse: boolean;
  /** x is f16 in memory; the result is f32 in any case. */
  readonly half: boolean;
}

/** Invocations a workgroup; each handles one pixel of the small picture. */
export const SHUFFLE_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function pixelShuffle(spec: PixelShuffleSpec): Kernel {
  const { side, channels, residual, inverse, half } = spec;
  const { stored, read } = element(false, half);
  const area = side * side;
  return kernel({
    label: inverse ? "pixel unshuffle" : "pixel shuffle",
    bindings: [
      { name: "x", type: stored, access: "read" },
      ...(residual ? [{ name: "base", type: "f32", access: "read" as const }] : []),
      { name: "y", type: "f32", access: "read_write" },
    ],
    params: { count: "u32", height: "u32", width: "u32", scale: "f32" },
    workgroup: [SHUFFLE_THREADS, 1, 1],
    features: half ? ["f16"] : [],
    body: `  let pixel = ${FLAT_WORKGROUP} * ${SHUFFLE_THREADS}u + local;
  if (pixel >= p.count) { return; }
  let column = pixel % p.width;
  let line = pixel / p.width;
  let small = pixel * ${channels * area}u;
  let large = (line * ${side}u * p.width + column) * ${side * channels}u;
${
      each(side, (dy) =>
        `  for (var i = 0u; i < ${side * channels}u; i++) {
    let at = large + ${dy}u * p.width * ${side * channels}u + i;
    let plane = small + (i % ${channels}u) * ${area}u + ${dy * side}u + i / ${channels}u;
    ${
          inverse
            ? `y[plane] = ${read("x[at]")};`
            : `y[at] = ${residual ? "base[at] + p.scale * " : ""}${read("x[plane]")};`
        }
  }`)
    }`,
  });
}
