/**
 * `RoIAlign` with aligned corners over one level of a feature pyramid, `n` over regions, `i, j` over
 * bins, `c` over channels:
 * `y[n, i, j, c]` is the average of the bilinear samples of a bin. A sample more than one place
 * outside the map counts as zero. Regions that another level suits better are left as they are.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** What decides the text of the kernel. */
export interface RoiAlignSpec {
  /** Channels are read in fours. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const ROI_ALIGN_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over the result.
 */
export function roiAlign({ vector }: RoiAlignSpec): Kernel {
  const type = vector ? "vec4f" : "f32";
  return kernel({
    label: "roi align",
    bindings: [
      { name: "map", type, access: "read" },
      { name: "regions", type: "vec4f", access: "read" },
      { name: "y", type, access: "read_write" },
    ],
    params: {
      total: "u32",
      c: "u32",
      size: "u32",
      samples: "u32",
      height: "u32",
      width: "u32",
      scale: "f32",
      level: "u32",
      levels: "u32",
      finest: "f32",
    },
    workgroup: [ROI_ALIGN_THREADS, 1, 1],
    declarations: DECLARATIONS,
    body: `  let index = ${FLAT_WORKGROUP} * ${ROI_ALIGN_THREADS}u + local;
  if (index >= p.total) { return; }
  let channel = index % p.c;
  let place = index / p.c;
  let region = regions[place / p.size / p.size];
  if (level_of(region) != p.level) { return; }
  let bin = vec2f(f32(place % p.size), f32(place / p.size % p.size));
  let start = region.xy * p.scale - 0.5;
  let extent = region.zw * p.scale - 0.5 - start;
  let step = extent / f32(p.size);
  let across = samples_of(extent.x);
  let down = samples_of(extent.y);
  var sum = ${type}();
  for (var iy = 0u; iy < down; iy++) {
    let y_place = start.y + bin.y * step.y + (f32(iy) + 0.5) * step.y / f32(down);
    let row = along(y_place, p.height);
    let upper = row.low * p.width;
    let lower = row.high * p.width;
    for (var ix = 0u; ix < across; ix++) {
      let x_place = start.x + bin.x * step.x + (f32(ix) + 0.5) * step.x / f32(across);
      let column = along(x_place, p.width);
      let above = map[(upper + column.low) * p.c + channel] * (1.0 - column.share) +
        map[(upper + column.high) * p.c + channel] * column.share;
      let below = map[(lower + column.low) * p.c + channel] * (1.0 - column.share) +
        map[(lower + column.high) * p.c + channel] * column.share;
      sum += (above * (1.0 - row.share) + below * row.share) * row.inside * column.inside;
    }
  }
  y[index] = sum / f32(max(down * across, 1u));`,
  });
}

const DECLARATIONS = `struct Along { low: u32, high: u32, share: f32, inside: f32 }
fn along(place: f32, extent: u32) -> Along {
  let at = clamp(place, 0.0, f32(extent - 1u));
  let low = u32(at);
  return Along(
    low,
    min(low + 1u, extent - 1u),
    at - f32(low),
    select(0.0, 1.0, place >= -1.0 && place <= f32(extent)),
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
// The logarithm of the scale rounded down, by comparisons, which are exact.
fn level_of(region: vec4f) -> u32 {
  let scale = sqrt((region.z - region.x) * (region.w - region.y)) / p.finest + 1e-6;
  var level = 0u;
  while (level + 1u < p.levels && scale >= f32(2u << level)) { level++; }
  return level;
}
`;
