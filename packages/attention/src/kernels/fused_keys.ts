/**
 * Keys and values of factorized vicinities. For a head and a place of the windows, the values of its
 * `width` channels in all P windows form a line, window by window; entry j of the pooled key is the
 * mean of P consecutive entries of this line, so it mixes channels, as the authors' code does. One
 * linear layer makes key and value of it. To the values a 3 × 3 depthwise convolution over the places
 * is added.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";

/** Invocations a workgroup. */
export const FUSED_KEYS_THREADS = 64;

/** The same where an invocation makes a whole place: the lanes of a CPU's vectors. */
export const PLACE_THREADS = 8;

/**
 * How keys are fused: a workgroup makes a place together (GPUs), or an invocation makes one alone,
 * without workgroup memory and barriers (CPU adapters).
 */
export type FusedKeysVariant = "workgroup" | "invocation";

/** What decides the text of {@link fusedKeys}. */
export interface FusedKeysSpec {
  /** Who makes a place. */
  readonly variant: FusedKeysVariant;
  /** Channels of a head. */
  readonly width: number;
  /** The same, with zeros up to a multiple of 4. */
  readonly padded: number;
  /** Vicinities that are made at once, at most two. */
  readonly groups: number;
}

/** Parameters that every group has of its own. */
const GROUP_PARAMS = ["dilation", "windows", "across"] as const;

/**
 * Gathers, pools and projects. Flat grid over (group, batch, head, place), a workgroup or an
 * invocation each; the channels of a group lie behind those of the group before it.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function fusedKeys(spec: FusedKeysSpec): Kernel {
  const { variant, groups } = spec;
  const alone = variant === "invocation";
  const own = (name: string) =>
    groups === 1 ? `p.${name}_0` : `select(p.${name}_0, p.${name}_1, group == 1u)`;
  const type = alone ? "vec4f" : "f32";
  return kernel({
    label: "fused keys",
    bindings: [
      { name: "x", type: "f32", access: "read" },
      { name: "weight", type, access: "read" },
      { name: "bias", type, access: "read" },
      { name: "keys", type, access: "read_write" },
      { name: "values", type, access: "read_write" },
    ],
    params: {
      total: "u32",
      batch: "u32",
      heads: "u32",
      rows: "u32",
      cols: "u32",
      channels: "u32",
      size: "u32",
      ...Object.fromEntries(
        Array.from({ length: groups }, (_, group) => GROUP_PARAMS.map((name) => `${name}_${group}`))
          .flat().map((name) => [name, "u32" as const]),
      ),
    },
    workgroup: [alone ? PLACE_THREADS : FUSED_KEYS_THREADS, 1, 1],
    declarations: `${
      alone ? "" : `var<workgroup> parts: array<f32, ${slicesOf(spec) * spec.width}>;`
    }
fn mirrored(at: u32, extent: u32) -> u32 {
  return select(2u * (extent - 1u) - at, at, at < extent);
}
`,
    body: `  let flat = ${FLAT_WORKGROUP}${alone ? ` * ${PLACE_THREADS}u + local` : ""};
  if (flat >= p.total) { return; }
  let places = p.size * p.size;
  let place = flat % places;
  let head = flat / places % p.heads;
  let z = flat / places / p.heads;
  let group = z / p.batch;
  let dilation = ${own("dilation")};
  let windows = ${own("windows")};
  let across = ${own("across")};
  let step = (p.size - 1u) * dilation + 1u;
  let down_by = place / p.size * dilation;
  let right_by = place % p.size * dilation;
  let start = z % p.batch * p.rows * p.cols * p.channels + (group * p.heads + head) * ${spec.width}u;
${alone ? invocationBody(spec) : workgroupBody(spec)}`,
  });
}

/** Parts that the sum of an entry is cut into, so that all invocations have work. */
function slicesOf({ width }: FusedKeysSpec): number {
  return Math.max(1, Math.floor(FUSED_KEYS_THREADS / width));
}

function workgroupBody(spec: FusedKeysSpec): string {
  const { width, padded } = spec;
  const slices = slicesOf(spec);
  return `  for (var task = local; task < ${slices * width}u; task += ${FUSED_KEYS_THREADS}u) {
    let slice = task / ${width}u;
    let entry = task % ${width}u * windows;
    let first = entry + slice * windows / ${slices}u;
    let end = entry + (slice + 1u) * windows / ${slices}u;
    var sum = 0.0;
    for (var at = first; at < end; at++) {
      let window = at / ${width}u;
      let row = mirrored(window / across * step + down_by, p.rows);
      let col = mirrored(window % across * step + right_by, p.cols);
      sum += x[start + (row * p.cols + col) * p.channels + at % ${width}u];
    }
    parts[task] = sum / f32(windows);
  }
  workgroupBarrier();
  for (var out = local; out < ${2 * padded}u; out += ${FUSED_KEYS_THREADS}u) {
    var sum = bias[group * ${2 * padded}u + out];
    for (var j = 0u; j < ${width}u; j++) {
      let pooled = ${sumOfSlices(slices, width)};
      sum += pooled * weight[(group * ${width}u + j) * ${2 * padded}u + out];
    }
    let to = flat * ${padded}u + out % ${padded}u;
    if (out < ${padded}u) { keys[to] = sum; } else { values[to] = sum; }
  }`;
}

/** Entries one after the other, then the layer, four results at once. */
function invocationBody({ width, padded }: FusedKeysSpec): string {
  const quads = padded / 4;
  return `  var pooled: array<f32, ${width}>;
  var channel = 0u;
  var across_at = 0u;
  var down_at = 0u;
  var token_at = start;
  for (var entry = 0u; entry < ${width}u; entry++) {
    var sum = 0.0;
    for (var i = 0u; i < windows; i++) {
      if (channel == 0u) {
        let row = mirrored(down_at * step + down_by, p.rows);
        let col = mirrored(across_at * step + right_by, p.cols);
        token_at = start + (row * p.cols + col) * p.channels;
        across_at += 1u;
        if (across_at == across) {
          across_at = 0u;
          down_at += 1u;
        }
      }
      sum += x[token_at + channel];
      channel = select(channel + 1u, 0u, channel == ${width - 1}u);
    }
    pooled[entry] = sum / f32(windows);
  }
  for (var out = 0u; out < ${2 * quads}u; out++) {
    var sum = bias[group * ${2 * quads}u + out];
    for (var j = 0u; j < ${width}u; j++) {
      sum += pooled[j] * weight[(group * ${width}u + j) * ${2 * quads}u + out];
    }
    let to = flat * ${quads}u + out % ${quads}u;
    if (out < ${quads}u) { keys[to] = sum; } else { values[to] = sum; }
  }`;
}

function sumOfSlices(slices: number, width: number): string {
  return Array.from({ length: slices }, (_, slice) => `parts[${slice * width}u + j]`).join(" + ");
}

/**
 * Adds a 3 × 3 depthwise convolution over the places, zeros around them. Flat grid over fours of the
 * result.
 *
 * @returns The kernel.
 */
export function placeConvolution(): Kernel {
  return kernel({
    label: "convolution over places",
    bindings: [
      { name: "x", type: "vec4f", access: "read" },
      { name: "filters", type: "vec4f", access: "read" },
      { name: "bias", type: "vec4f", access: "read" },
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: { total: "u32", batch: "u32", heads: "u32", quads: "u32", size: "u32" },
    workgroup: [FUSED_KEYS_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${FUSED_KEYS_THREADS}u + local;
  if (index >= p.total) { return; }
  let quad = index % p.quads;
  let col = index / p.quads % p.size;
  let row = index / p.quads / p.size % p.size;
  let pair = index / (p.quads * p.size * p.size);
  let head = pair % p.heads;
  let group = pair / p.heads / p.batch;
  let channel = head * p.quads + quad;
  let channels = p.heads * p.quads;
  var sum = x[index] + bias[group * channels + channel];
${
      each(9, (tap) =>
        `  if (row + ${Math.floor(tap / 3)}u >= 1u && row + ${Math.floor(tap / 3)}u <= p.size &&
      col + ${tap % 3}u >= 1u && col + ${tap % 3}u <= p.size) {
    let at = ((pair * p.size + row + ${Math.floor(tap / 3)}u - 1u) * p.size + col + ${
          tap % 3
        }u - 1u) * p.quads + quad;
    sum += x[at] * filters[(group * 9u + ${tap}u) * channels + channel];
  }`)
    }
  y[index] = sum;`,
  });
}
