/** Largest value or average of windows of pictures, channels last. */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** What decides the text of the kernel. */
export interface PoolSpec {
  /** What becomes of the values of a window. */
  readonly kind: "max" | "average";
  /**
   * Where the windows are: `strided` like the taps of a convolution, or `adaptive`, window i of n
   * covering `⌊i·extent/n⌋` to `⌈(i+1)·extent/n⌉`.
   */
  readonly windows: "strided" | "adaptive";
  /** Averages divide by the part of the window inside the padded picture, not inside the picture. */
  readonly countPadding: boolean;
  /** Channels are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const POOL_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over `[pictures, out height, out width, channels]`.
 */
export function pool({ kind, windows, countPadding, vector }: PoolSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  const max = kind === "max";
  const last = countPadding ? "padded" : "last";
  return kernel({
    label: `pool ${kind}`,
    bindings: [
      { name: "x", type, access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: {
      total: "u32",
      c: "u32",
      ih: "i32",
      iw: "i32",
      oh: "i32",
      ow: "i32",
      kh: "i32",
      kw: "i32",
      sh: "i32",
      sw: "i32",
      ph: "i32",
      pw: "i32",
    },
    workgroup: [POOL_THREADS, 1, 1],
    declarations: `struct Span { first: i32, last: i32, count: i32 }
${windows === "strided" ? strided(last) : ADAPTIVE}`,
    body: `  let index = ${FLAT_WORKGROUP} * ${POOL_THREADS}u + local;
  if (index >= p.total) { return; }
  let channel = index % p.c;
  let place = i32(index / p.c);
  let rows = span(place / p.ow % p.oh, p.oh, p.ih, p.kh, p.sh, p.ph);
  let columns = span(place % p.ow, p.ow, p.iw, p.kw, p.sw, p.pw);
  let picture = place / p.ow / p.oh * p.ih;
  var v = ${type}(${max ? "-3.4028234e38" : "0.0"});
  for (var iy = rows.first; iy < rows.last; iy++) {
    for (var ix = columns.first; ix < columns.last; ix++) {
      let value = x[u32((picture + iy) * p.iw + ix) * p.c + channel];
      v = ${max ? "max(v, value)" : "v + value"};
    }
  }
  y[index] = ${max ? "v" : "v / f32(rows.count * columns.count)"};`,
  });
}

function strided(last: string): string {
  return `fn span(at: i32, outputs: i32, extent: i32, taps: i32, step: i32, padding: i32) -> Span {
  let first = at * step - padding;
  let padded = min(first + taps, extent + padding);
  let last = min(padded, extent);
  let inside = max(first, 0);
  return Span(inside, last, ${last} - ${last === "padded" ? "first" : "inside"});
}`;
}

const ADAPTIVE =
  `fn span(at: i32, outputs: i32, extent: i32, taps: i32, step: i32, padding: i32) -> Span {
  let first = at * extent / outputs;
  let last = ((at + 1) * extent + outputs - 1) / outputs;
  return Span(first, last, last - first);
}`;
