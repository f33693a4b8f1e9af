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
  /** Neighbouring places of an invocation that makes whole ones, which share what is read of the weight. */
  readonly places: number;
}

/** Parameters that every group has of its own. */
const GROUP_PARAMS = ["dilation", "windows", "across"] as const;

/**
 * Gathers, pools and projects. Flat grid over (group, batch, head, places), a workgroup or an
 * invocation each; the channels of a group lie behind those of the group before it.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function fusedKeys(spec: FusedKeysSpec): Kernel {
  const { variant, groups, places } = spec;
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
  let lots = p.size * p.size / ${places}u;
  let head = flat / lots % p.heads;
  let z = flat / lots / p.heads;
  let group = z / p.batch;
  let dilation = ${own("dilation")};
  let windows = ${own("windows")};
  let across = ${own("across")};
  let step = (p.size - 1u) * dilation + 1u;
${
      each(places, (k) =>
        `  let place${k} = flat % lots * ${places}u + ${k}u;
  let down_by${k} = place${k} / p.size * dilation;
  let right_by${k} = place${k} % p.size * dilation;`)
    }
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
      let row = mirrored(window / across * step + down_by0, p.rows);
      let col = mirrored(window % across * step + right_by0, p.cols);
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
function invocationBody({ width, padded, places }: FusedKeysSpec): string {
  const quads = padded / 4;
  return `${
    each(places, (k) => `  var pooled${k}: array<f32, ${width}>;\n  var token_at${k} = start;`)
  }
  var channel = 0u;
  var across_at = 0u;
  var down_at = 0u;
  for (var entry = 0u; entry < ${width}u; entry++) {
${each(places, (k) => `    var sum${k} = 0.0;`)}
    for (var i = 0u; i < windows; i++) {
      if (channel == 0u) {
${
    each(places, (k) =>
      `        let row${k} = mirrored(down_at * step + down_by${k}, p.rows);
        let col${k} = mirrored(across_at * step + right_by${k}, p.cols);
        token_at${k} = start + (row${k} * p.cols + col${k}) * p.channels;`)
  }
        across_at += 1u;
        if (across_at == across) {
          across_at = 0u;
          down_at += 1u;
        }
      }
${each(places, (k) => `      sum${k} += x[token_at${k} + channel];`)}
      channel = select(channel + 1u, 0u, channel == ${width - 1}u);
    }
${each(places, (k) => `    pooled${k}[entry] = sum${k} / f32(windows);`)}
  }
  for (var out = 0u; out < ${2 * quads}u; out++) {
    let first = bias[group * ${2 * quads}u + out];
${each(places, (k) => `    var sum${k} = first;`)}
    for (var j = 0u; j < ${width}u; j++) {
      let factor = weight[(group * ${width}u + j) * ${2 * quads}u + out];
${each(places, (k) => `      sum${k} += pooled${k}[j] * factor;`)}
    }
    let to = flat * ${places * quads}u + out % ${quads}u;
    if (out < ${quads}u) {
${each(places, (k) => `      keys[to + ${k * quads}u] = sum${k};`)}
    } else {
${each(places, (k) => `      values[to + ${k * quads}u] = sum${k};`)}
    }
  }`;
}

function sumOfSlices(slices: number, width: number): string {
  return Array.from({ length: slices }, (_, slice) => `parts[${slice * width}u + j]`).join(" + ");
}

/**
 * Adds a 3 × 3 depthwise convolution over the places, zeros around them. Flat grid over fours of the
 * channels of a line of places.
 *
 * @param spec Places of a window along an axis.
 * @returns The kernel.
 */
export function placeConvolution({ size }: { readonly size: number }): Kernel {
  const products = (col: number) =>
    [-1, 0, 1].filter((by) => col + by >= 0 && col + by < size)
      .map((by) => `v${col + by} * w${by + 1}`).join(" + ");
  const line = (ky: number) =>
    `  {
    let line = row + ${ky}u - 1u;
    let inside = line < ${size}u;
    let start = (pair * ${size}u + select(0u, line, inside)) * ${size}u * p.quads + quad;
${each(3, (kx) => `    let w${kx} = filters[(group * 9u + ${3 * ky + kx}u) * channels + channel];`)}
${each(size, (col) => `    let v${col} = select(vec4f(), x[start + ${col}u * p.quads], inside);`)}
${each(size, (col) => `    sum${col} += ${ky === 1 ? `v${col} + ` : ""}${products(col)};`)}
  }`;
  return kernel({
    label: "convolution over places",
    bindings: [
      { name: "x", type: "vec4f", access: "read" },
      { name: "filters", type: "vec4f", access: "read" },
      { name: "bias", type: "vec4f", access: "read" },
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: { total: "u32", batch: "u32", heads: "u32", quads: "u32" },
    workgroup: [FUSED_KEYS_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${FUSED_KEYS_THREADS}u + local;
  if (index >= p.total) { return; }
  let quad = index % p.quads;
  let row = index / p.quads % ${size}u;
  let pair = index / (p.quads * ${size}u);
  let head = pair % p.heads;
  let group = pair / p.heads / p.batch;
  let channel = head * p.quads + quad;
  let channels = p.heads * p.quads;
  let first = bias[group * channels + channel];
${each(size, (col) => `  var sum${col} = first;`)}
${each(3, line)}
  let to = (pair * ${size}u + row) * ${size}u * p.quads + quad;
${each(size, (col) => `  y[to + ${col}u * p.quads] = sum${col};`)}`,
  });
}
