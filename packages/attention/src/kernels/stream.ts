/**
 * Attention for adapters that are CPUs, where lanes are cheap, barriers are dear, and a load costs
 * as much as fifty multiplications: `y[n] = Σ_m softmax_m(scale · q[n]·k[m] + bias) v[m]`, scores
 * never in memory, with a running maximum and sum.
 *
 * An invocation has several queries and takes several keys at once. Their products are summed over
 * the width of a head in a loop, so that the text does not grow with the width; the unfinished
 * result lies in `y` between the steps. In the variant `lanes` each lane of a subgroup loads some
 * of the keys and gives them to all others.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";
import {
  accessBindings,
  accessDeclarations,
  accessParams,
  type AccessSpec,
  HIDDEN,
  NO_TOKEN,
  PAIR,
  SAW_KEY,
} from "./access.ts";

/** What decides the text of the kernel. */
export interface StreamSpec extends AccessSpec {
  /** `lanes`: keys are broadcast within a subgroup; `registers`: every lane loads all keys. */
  readonly variant: "lanes" | "registers";
  /** Invocations of a workgroup; the subgroup size for `lanes`. */
  readonly lanes: number;
  /** Queries an invocation. */
  readonly rows: number;
  /** Keys at once. */
  readonly keys: number;
  /**
   * There are just as many keys, and all are seen: one step, after which nothing is taken up again. With 49
   * keys that took a tenth of the time off on llvmpipe, where untaken branches cost what they load.
   */
  readonly exact: boolean;
}

/**
 * Builds the kernel. Its grid is flat over (group, tile of `lanes · rows` queries), z is batch and
 * head.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function stream(spec: StreamSpec): Kernel {
  const { variant, lanes, rows, keys, exact } = spec;
  const loads = variant === "lanes" ? Math.ceil(keys / lanes) : keys;
  return kernel({
    label: `attention_${variant}`,
    bindings: accessBindings(spec),
    params: accessParams(spec),
    workgroup: [lanes, 1, 1],
    features: variant === "lanes" ? ["subgroups"] : [],
    declarations: accessDeclarations(spec),
    body: `${PAIR}
  let flat = ${FLAT_WORKGROUP};
  let group = flat / p.tiles;
  if (group >= p.groups || flat % p.tiles * ${lanes * rows}u >= query_count(group)) { return; }
${each(rows, (r) => query(r, spec))}
  let key_end = key_count(group);
  for (var index = 0u; index < p.block_count; index++) {
  let block = key_block(pair, group, index);
  for (var first = 0u; first < key_end; first += ${keys}u) {
    let started = index + first > 0u;
    let last = index + 1u == p.block_count && first + ${keys}u >= key_end;
${each(loads, (i) => key(i, spec))}
${products(spec, loads)}
${each(keys, (j) => `    let hide_${j} = ${exact ? "0.0" : given("hide", j, spec)};`)}
${each(rows, (r) => weights(r, spec))}
${sums(spec, loads)}
  }
  }`,
  });
}

function query(r: number, { lanes, rows }: StreamSpec): string {
  return `  let slot${r} = flat % p.tiles * ${lanes * rows}u + ${r * lanes}u + local;
  let token${r} = query_token(group, slot${r});
  let here${r} = token${r} != ${NO_TOKEN};
  let safe${r} = select(0u, token${r}, here${r});
  let q_at${r} = (pair * p.queries + safe${r}) * p.quads;
  let y_at${r} = result_at(pair, safe${r});
  let row${r} = bias_row(pair, group, slot${r});
  var top${r} = ${HIDDEN};
  var sum${r} = 0.0;`;
}

/** Where key i of this invocation lies; absent ones read the first token and are hidden. */
function key(i: number, { variant, lanes }: StreamSpec): string {
  const slot = variant === "lanes" ? `first + ${i * lanes}u + local` : `first + ${i}u`;
  return `    let key_token${i} = key_token(pair, block, ${slot});
    let hide${i} = select(0.0, ${HIDDEN}, key_token${i} == ${NO_TOKEN});
    let k_at${i} = (pair * p.keys + select(key_token${i}, 0u, key_token${i} == ${NO_TOKEN})) * p.quads;`;
}

/** What key j has, for all lanes. */
function given(name: string, j: number, { variant, lanes }: StreamSpec): string {
  return variant === "lanes"
    ? `subgroupBroadcast(${name}${Math.floor(j / lanes)}, ${j % lanes}u)`
    : `${name}${j}`;
}

function products(spec: StreamSpec, loads: number): string {
  const { rows, keys } = spec;
  return `${each(keys, (j) => each(rows, (r) => `    var s${r}_${j} = 0.0;`))}
    for (var quad = 0u; quad < p.quads; quad++) {
${each(rows, (r) => `      let q${r} = q[q_at${r} + quad];`)}
${each(loads, (i) => `      let k${i} = k[k_at${i} + quad];`)}
${
    each(keys, (j) =>
      `      let key_${j} = ${given("k", j, spec)};
${
        each(rows, (r) =>
          `      s${r}_${j} += q${r}.x * key_${j}.x + q${r}.y * key_${j}.y + q${r}.z * key_${j}.z + q${r}.w * key_${j}.w;`)
      }`)
  }
    }`;
}

/** From products to weights, relative to the highest score so far. */
function weights(r: number, { keys, exact }: StreamSpec): string {
  const all = (name: string) => Array.from({ length: keys }, (_, j) => `${name}${r}_${j}`);
  return `${
    each(
      keys,
      (j) => `    let z${r}_${j} = score(s${r}_${j}, hide_${j}, row${r}, first + ${j}u);`,
    )
  }
    let next${r} = ${all("z").reduce((inner, name) => `max(${inner}, ${name})`, `top${r}`)};
${exact ? "" : `    let shrink${r} = exp(top${r} - next${r});\n    top${r} = next${r};`}
${each(keys, (j) => `    let w${r}_${j} = exp(z${r}_${j} - next${r});`)}
    sum${r} = ${exact ? "" : `sum${r} * shrink${r} + `}${all("w").join(" + ")};
    let finish${r} = ${
    exact ? `1.0 / sum${r}` : `select(1.0, select(0.0, 1.0 / sum${r}, top${r} ${SAW_KEY}), last)`
  };`;
}

/** Statements that take the unfinished results up again. */
function resumed(rows: number): string {
  return `      if (started) {
${each(rows, (r) => `        o${r} = y[y_at${r} + quad] * shrink${r};`)}
      }`;
}

/** Adds the weighted values; pairs of rows keep their sums in registers. */
function sums(spec: StreamSpec, loads: number): string {
  const { rows, keys } = spec;
  const pairs = Array.from(
    { length: Math.ceil(rows / 2) },
    (_, i) => [2 * i, 2 * i + 1].filter((r) => r < rows),
  );
  const add = (pair: readonly number[], j: number) =>
    `      { let value = ${given("v", j, spec)};
${pair.map((r) => `      o${r} += w${r}_${j} * value;`).join("\n")} }`;
  return `    for (var quad = 0u; quad < p.quads; quad++) {
${each(loads, (i) => `      let v${i} = v[k_at${i} + quad];`)}
${each(rows, (r) => `      var o${r} = vec4f();`)}
${spec.exact ? "" : resumed(rows)}
${pairs.map((pair) => each(keys, (j) => add(pair, j))).join("\n")}
${each(rows, (r) => `      if (here${r}) { y[y_at${r} + quad] = o${r} * finish${r}; }`)}
    }`;
}
