/**
 * `RoIAlign` with aligned corners over the levels of a feature pyramid, `n` over regions, `i, j` over
 * bins, `c` over channels:
 * `y[n, i, j, c]` is the average of the bilinear samples of a bin, on the level whose scale suits the
 * region. A sample more than one place outside the map counts as zero.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** What decides the text of the kernel. */
export interface RoiAlignSpec {
  /** Levels of the pyramid, 1 to {@link MOST_ROI_LEVELS}. */
  readonly levels: number;
  /** Channels are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const ROI_ALIGN_THREADS = 64;

/** With regions and result as many bindings as WebGPU allows by default. */
export const MOST_ROI_LEVELS = 6;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over the result.
 */
export function roiAlign({ levels, vector }: RoiAlignSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  const indices = Array.from({ length: levels }, (_, level) => level);
  return kernel({
    label: "roi align",
    bindings: [
      ...indices.map((level) => ({ name: `map${level}`, type, access: "read" } as const)),
      { name: "regions", type: "vec4f", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: {
      total: "u32",
      c: "u32",
      size: "u32",
      samples: "u32",
      finest: "f32",
      ...Object.fromEntries(
        indices.flatMap((level) => [
          [`height${level}`, "u32"] as const,
          [`width${level}`, "u32"] as const,
          [`scale${level}`, "f32"] as const,
        ]),
      ),
    },
    workgroup: [ROI_ALIGN_THREADS, 1, 1],
    declarations: `${declarations(levels, type)}
struct Along { low: u32, high: u32, share: f32, inside: bool }
fn along(place: f32, extent: u32) -> Along {
  let last = f32(extent - 1u);
  let at = clamp(place, 0.0, last);
  let low = u32(at);
  return Along(
    low,
    min(low + 1u, extent - 1u),
    at - f32(low),
    place >= -1.0 && place <= f32(extent),
  );
}
// A quotient that is a whole number may come out a little larger or smaller.
fn samples_of(extent: f32) -> u32 {
  if (p.samples > 0u) { return p.samples; }
  let size = f32(p.size);
  var count = ceil(extent / size);
  if ((count - 1.0) * size >= extent) { count -= 1.0; }
  if (count * size < extent) { count += 1.0; }
  return u32(max(count, 0.0));
}
`,
    body: `  let index = ${FLAT_WORKGROUP} * ${ROI_ALIGN_THREADS}u + local;
  if (index >= p.total) { return; }
  let channel = index % p.c;
  let place = index / p.c;
  let bin = vec2f(f32(place % p.size), f32(place / p.size % p.size));
  let region = regions[place / p.size / p.size];
  let level = level_of(region);
  let map = map_of(level);
  let start = region.xy * map.scale - 0.5;
  let extent = region.zw * map.scale - 0.5 - start;
  let step = extent / f32(p.size);
  let across = samples_of(extent.x);
  let down = samples_of(extent.y);
  var sum = ${type}();
  for (var iy = 0u; iy < down; iy++) {
    let y_place = start.y + bin.y * step.y + (f32(iy) + 0.5) * step.y / f32(down);
    let row = along(y_place, map.height);
    for (var ix = 0u; ix < across; ix++) {
      let x_place = start.x + bin.x * step.x + (f32(ix) + 0.5) * step.x / f32(across);
      let column = along(x_place, map.width);
      if (!row.inside || !column.inside) { continue; }
      let upper = row.low * map.width;
      let lower = row.high * map.width;
      let above = value(level, (upper + column.low) * p.c + channel) * (1.0 - column.share) +
        value(level, (upper + column.high) * p.c + channel) * column.share;
      let below = value(level, (lower + column.low) * p.c + channel) * (1.0 - column.share) +
        value(level, (lower + column.high) * p.c + channel) * column.share;
      sum += above * (1.0 - row.share) + below * row.share;
    }
  }
  y[index] = sum / f32(max(down * across, 1u));`,
  });
}

/** Which map a region belongs to, and how to read it. */
function declarations(levels: number, type: string): string {
  const others = levels - 1;
  const choose = (result: (level: number) => string) =>
    `  switch (level) {
${each(others, (i) => `    case ${i + 1}u: { return ${result(i + 1)}; }`)}
    default: { return ${result(0)}; }
  }`;
  return `struct Map { height: u32, width: u32, scale: f32 }
fn map_of(level: u32) -> Map {
${choose((level) => `Map(p.height${level}, p.width${level}, p.scale${level})`)}
}
fn value(level: u32, at: u32) -> ${type} {
${choose((level) => `map${level}[at]`)}
}
// The logarithm of the scale rounded down, by comparisons, which are exact.
fn level_of(region: vec4f) -> u32 {
  let scale = sqrt((region.z - region.x) * (region.w - region.y)) / p.finest + 1e-6;
  return 0u${
    Array.from({ length: others }, (_, i) => ` + u32(scale >= ${2 ** (i + 1)}.0)`).join("")
  };
}`;
}
