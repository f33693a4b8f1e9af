/**
 * Attention of groups of queries to listed blocks of keys, scores never in memory:
 * `y[n] = Σ_m softmax_m(scale · q[n]·k[m]) v[m]`, with a running maximum and sum.
 *
 * A workgroup handles some queries of one group and head. In the `broadcast` variant its lanes are
 * one subgroup: each loads one key and gives it to all others, since on CPU adapters a load costs
 * far more than a broadcast. In the `plain` variant each lane loads every key itself.
 */
import { each, type Kernel, kernel } from "@vicinity/tensor";

/** How keys reach the lanes. */
export type GatheredVariant = "broadcast" | "plain";

/** What decides the text of the kernel. */
export interface GatheredSpec {
  /** How keys reach the lanes. */
  readonly variant: GatheredVariant;
  /** Width of a head in fours. */
  readonly quads: number;
  /** Invocations of a workgroup; the subgroup size for `broadcast`. */
  readonly lanes: number;
  /** Queries a lane. */
  readonly rows: number;
  /** Further blocks of keys are listed for each head and group. */
  readonly listed: boolean;
}

/**
 * Builds the kernel. Its grid is (blocks of queries, groups, batch · heads).
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function gathered(spec: GatheredSpec): Kernel {
  const { variant, quads, lanes, rows, listed } = spec;
  const broadcast = variant === "broadcast";
  const keysAtOnce = broadcast ? lanes : 1;
  const table = { access: "read" as const, type: "u32" };
  const heads = { access: "read" as const, type: "vec4f" };
  return kernel({
    label: `gathered attention, ${variant}`,
    bindings: [
      { name: "q", ...heads },
      { name: "k", ...heads },
      { name: "v", ...heads },
      { name: "query_table", ...table },
      { name: "key_table", ...table },
      ...(listed ? [{ name: "blocks", ...table }] : []),
      { name: "y", access: "read_write", type: "vec4f" },
    ],
    params: {
      heads: "u32",
      queries: "u32",
      keys: "u32",
      query_length: "u32",
      key_length: "u32",
      block_count: "u32",
      groups: "u32",
      scale: "f32",
    },
    workgroup: [lanes, 1, 1],
    features: broadcast ? ["subgroups"] : [],
    body: `  let head = wid.z % p.heads;
  let batch = wid.z / p.heads;
  let group = wid.y;
${each(rows, (r) => loadQuery(r, spec))}
  for (var b = 0u; b < p.block_count; b++) {
    let block = ${listed ? "blocks[(wid.z * p.groups + group) * p.block_count + b]" : "group"};
    for (var first = 0u; first < p.key_length; first += ${keysAtOnce}u) {
${loadKey(spec)}
${each(keysAtOnce, (j) => each(rows, (r) => score(r, j, spec)))}
${each(rows, (r) => rescale(r, keysAtOnce, quads))}
${each(quads, (c) => `      let value${c} = v[key_start + ${c}u];`)}
${each(keysAtOnce, (j) => accumulate(j, spec))}
    }
  }
${each(rows, (r) => store(r, quads))}`,
  });
}

function loadQuery(r: number, { quads, lanes, rows }: GatheredSpec): string {
  return `  let slot${r} = wid.x * ${lanes * rows}u + ${r * lanes}u + local;
  let token${r} = select(${"0xffffffffu"}, query_table[group * p.query_length + min(slot${r}, p.query_length - 1u)], slot${r} < p.query_length);
  let query_start${r} = (wid.z * p.queries + select(token${r}, 0u, token${r} == 0xffffffffu)) * ${quads}u;
${
    each(quads, (c) =>
      `  let q${r}_${c} = q[query_start${r} + ${c}u] * p.scale;
  var o${r}_${c} = vec4f();`)
  }
  var top${r} = -3.0e38;
  var sum${r} = 0.0;`;
}

/** One key a lane; absent keys read the first one and get no weight. */
function loadKey({ variant, quads }: GatheredSpec): string {
  const slot = variant === "broadcast" ? "first + local" : "first";
  return `      let key_slot = ${slot};
      let key_token = select(0xffffffffu, key_table[block * p.key_length + min(key_slot, p.key_length - 1u)], key_slot < p.key_length);
      let present = key_token != 0xffffffffu;
      let key_start = (wid.z * p.keys + select(0u, key_token, present)) * ${quads}u;
${each(quads, (c) => `      let key${c} = k[key_start + ${c}u];`)}
      let mask = select(-3.0e38, 0.0, present);`;
}

function given(name: string, j: number, { variant }: GatheredSpec): string {
  return variant === "broadcast" ? `subgroupBroadcast(${name}, ${j}u)` : name;
}

function score(r: number, j: number, spec: GatheredSpec): string {
  const load = r === 0
    ? `${each(spec.quads, (c) => `      let key${c}_${j} = ${given(`key${c}`, j, spec)};`)}
      let mask_${j} = ${given("mask", j, spec)};\n`
    : "";
  const sum = Array.from({ length: spec.quads }, (_, c) => `q${r}_${c} * key${c}_${j}`);
  return `${load}      let product${r}_${j} = ${sum.join(" + ")};
      let s${r}_${j} = product${r}_${j}.x + product${r}_${j}.y + product${r}_${j}.z + product${r}_${j}.w + mask_${j};`;
}

function rescale(r: number, count: number, quads: number): string {
  const highest = Array.from({ length: count }, (_, j) => `s${r}_${j}`)
    .reduce((inner, name) => `max(${inner}, ${name})`, `top${r}`);
  return `      let next${r} = ${highest};
      let shrink${r} = exp(top${r} - next${r});
      top${r} = next${r};
${
    each(count, (j) =>
      `      let w${r}_${j} = select(exp(s${r}_${j} - next${r}), 0.0, s${r}_${j} < -1.0e38);`)
  }
      sum${r} = sum${r} * shrink${r} + ${
    Array.from({ length: count }, (_, j) => `w${r}_${j}`).join(" + ")
  };
${each(quads, (c) => `      o${r}_${c} *= shrink${r};`)}`;
}

function accumulate(j: number, spec: GatheredSpec): string {
  return each(spec.quads, (c) =>
    `      let value${c}_${j} = ${given(`value${c}`, j, spec)};
${each(spec.rows, (r) => `      o${r}_${c} += w${r}_${j} * value${c}_${j};`)}`);
}

/** Rows of tokens, heads side by side: ready for the projection behind the attention. */
function store(r: number, quads: number): string {
  return `  if (token${r} != 0xffffffffu) {
    let inverse${r} = select(1.0 / sum${r}, 0.0, sum${r} == 0.0);
    let at${r} = ((batch * p.queries + token${r}) * p.heads + head) * ${quads}u;
${each(quads, (c) => `    y[at${r} + ${c}u] = o${r}_${c} * inverse${r};`)}
  }`;
}
