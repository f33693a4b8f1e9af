/**
 * Borders around pictures: `y[n, h, w, c] = x[n, at(h − top), at(w − left), c]`, where `at` leaves
 * positions inside alone and maps the others by the mode, or to a zero.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What a border is filled with. */
export type PadMode = "zero" | "reflect" | "replicate";

/** What decides the text of the kernel. */
export interface PadSpec {
  /** What the border is filled with. */
  readonly mode: PadMode;
  /** Four channels at once where their number allows it. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const PAD_THREADS = 64;

/** Where a position outside `0 ≤ at < size` takes its value; `reflect` does not repeat the edge. */
const SOURCE: Readonly<Record<PadMode, string>> = {
  zero: "clamp(at, 0, size - 1)",
  replicate: "clamp(at, 0, size - 1)",
  reflect: "size - 1 - abs(size - 1 - abs(at))",
};

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; its grid is flat over the elements of the result.
 */
export function pad({ mode, vector }: PadSpec): Kernel {
  const value = "x[((image * p.height + u32(row)) * p.width + u32(column)) * p.channels + c]";
  // Words are moved as they are, whatever they mean.
  const type = vector ? "vec4u" : "u32";
  return kernel({
    label: `pad ${mode}`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: {
      count: "u32",
      height: "u32",
      width: "u32",
      channels: "u32",
      out_height: "u32",
      out_width: "u32",
      top: "i32",
      left: "i32",
    },
    workgroup: [PAD_THREADS, 1, 1],
    declarations: `fn source(at: i32, size: i32) -> i32 {
  return ${SOURCE[mode]};
}
`,
    body: `  let index = ${FLAT_WORKGROUP} * ${PAD_THREADS}u + local;
  if (index >= p.count) { return; }
  let c = index % p.channels;
  let pixel = index / p.channels;
  let w = i32(pixel % p.out_width) - p.left;
  let line = pixel / p.out_width;
  let h = i32(line % p.out_height) - p.top;
  let image = line / p.out_height;
  let row = source(h, i32(p.height));
  let column = source(w, i32(p.width));
  y[index] = ${mode === "zero" ? `select(${type}(), ${value}, row == h && column == w)` : value};`,
  });
}
