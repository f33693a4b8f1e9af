/**
 * Attention for GPUs: a workgroup makes 32 queries and takes 32 keys at once. Products, weights and
 * sums of values are small matrix products over tiles in workgroup memory; the highest score and
 * the sum of each query are carried along, so that scores never reach the device's memory.
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
export interface TileSpec extends AccessSpec {
  /** Quads of the result that an invocation holds for each of its queries, 1 to 4. */
  readonly columns: number;
}

/** Queries of a workgroup, and keys of a step. */
export const TILE = 32;
/** Invocations of a workgroup: 8 by 8, each with 4 queries and 4 keys. */
const THREADS = 64;
const SIDE = 8;
/** Quads of the head's width in one step of the products. */
const DEPTH = 4;
/** Keys whose values are in workgroup memory at once. */
const VALUES = 8;
/** Floats between rows of weights: one more than needed, against bank conflicts. */
const PITCH = TILE + 1;

/** Widest head, in fours, that fits the registers and workgroup memory. */
export const MAX_TILE_QUADS = 4 * SIDE;

/**
 * Builds the kernel. Its grid is flat over (group, tile of 32 queries), z is batch and head.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function tile(spec: TileSpec): Kernel {
  const { columns } = spec;
  return kernel({
    label: "attention_tile",
    bindings: accessBindings(spec),
    params: accessParams(spec),
    workgroup: [THREADS, 1, 1],
    declarations: `${accessDeclarations(spec)}
var<workgroup> query_tokens: array<u32, ${TILE}>;
var<workgroup> key_tokens: array<u32, ${TILE}>;
var<workgroup> tile_q: array<vec4f, ${DEPTH * TILE}>;
var<workgroup> tile_k: array<vec4f, ${DEPTH * TILE}>;
var<workgroup> tile_v: array<vec4f, ${VALUES * SIDE * columns}>;
var<workgroup> weights: array<f32, ${TILE * PITCH}>;
var<workgroup> partial: array<f32, ${TILE * SIDE}>;
`,
    body: `${PAIR}
  let flat = ${FLAT_WORKGROUP};
  let group = flat / p.tiles;
  if (group >= p.groups || flat % p.tiles * ${TILE}u >= query_count(group)) { return; }
  let tx = local % ${SIDE}u;
  let ty = local / ${SIDE}u;
  let first_slot = flat % p.tiles * ${TILE}u;
  if (local < ${TILE}u) { query_tokens[local] = query_token(group, first_slot + local); }
${
      each(4, (i) =>
        `  var top${i} = ${HIDDEN};
  var sum${i} = 0.0;
  let row${i} = bias_row(pair, group, first_slot + ty * 4u + ${i}u);
${each(columns, (c) => `  var o${i}_${c} = vec4f();`)}`)
    }
  let steps_a_block = (key_count(group) + ${TILE - 1}u) / ${TILE}u;
  for (var step = 0u; step < p.block_count * steps_a_block; step++) {
    let block = key_block(pair, group, step / steps_a_block);
    let first = step % steps_a_block * ${TILE}u;
    workgroupBarrier();
    if (local < ${TILE}u) { key_tokens[local] = key_token(pair, block, first + local); }
    workgroupBarrier();
${products}
${weigh}
${sums(columns)}
  }
${each(4, (i) => `  partial[(ty * 4u + ${i}u) * ${SIDE}u + tx] = sum${i};`)}
  workgroupBarrier();
${each(4, (i) => store(i, columns))}`,
  });
}

/** Products of 32 queries and 32 keys, 4 by 4 an invocation. */
const products = `${each(4, (i) => each(4, (j) => `    var s${i}_${j} = 0.0;`))}
    for (var start = 0u; start < p.quads; start += ${DEPTH}u) {
      workgroupBarrier();
${
  each(DEPTH * TILE / THREADS, (u) =>
    `      {
        let index = (local + ${u * THREADS}u) / ${DEPTH}u;
        let depth = local % ${DEPTH}u;
        let quad = min(start + depth, p.quads - 1u);
        let inside = start + depth < p.quads;
        let q_slot = query_tokens[index];
        let k_slot = key_tokens[index];
        let q_token = select(q_slot, 0u, q_slot == ${NO_TOKEN});
        let k_token = select(k_slot, 0u, k_slot == ${NO_TOKEN});
        let query = q[(pair * p.queries + q_token) * p.quads + quad];
        let key = k[(pair * p.keys + k_token) * p.quads + quad];
        tile_q[depth * ${TILE}u + index] = select(vec4f(), query, inside);
        tile_k[depth * ${TILE}u + index] = select(vec4f(), key, inside);
      }`)
}
      workgroupBarrier();
      for (var depth = 0u; depth < ${DEPTH}u; depth++) {
${each(4, (i) => `        let a${i} = tile_q[depth * ${TILE}u + ty * 4u + ${i}u];`)}
${each(4, (j) => `        let b${j} = tile_k[depth * ${TILE}u + tx + ${j * SIDE}u];`)}
${each(4, (i) => each(4, (j) => `        s${i}_${j} += dot(a${i}, b${j});`))}
      }
    }`;

/** From products to weights in workgroup memory. */
const weigh = `${
  each(
    4,
    (j) =>
      `    let hide${j} = select(0.0, ${HIDDEN}, key_tokens[tx + ${j * SIDE}u] == ${NO_TOKEN});`,
  )
}
${
  each(4, (i) =>
    `${
      each(
        4,
        (j) =>
          `    let z${i}_${j} = score(s${i}_${j}, hide${j}, row${i}, first + tx + ${j * SIDE}u);`,
      )
    }
    partial[(ty * 4u + ${i}u) * ${SIDE}u + tx] = max(max(z${i}_0, z${i}_1), max(z${i}_2, z${i}_3));`)
}
    workgroupBarrier();
${
  each(4, (i) =>
    `    var next${i} = top${i};
    for (var x = 0u; x < ${SIDE}u; x++) { next${i} = max(next${i}, partial[(ty * 4u + ${i}u) * ${SIDE}u + x]); }
    let shrink${i} = exp(top${i} - next${i});
    top${i} = next${i};
${
      each(4, (j) =>
        `    let w${i}_${j} = exp(z${i}_${j} - next${i});
    weights[(ty * 4u + ${i}u) * ${PITCH}u + tx + ${j * SIDE}u] = w${i}_${j};`)
    }
    sum${i} = sum${i} * shrink${i} + w${i}_0 + w${i}_1 + w${i}_2 + w${i}_3;`)
}`;

function sums(columns: number): string {
  const width = SIDE * columns;
  return `${each(4, (i) => each(columns, (c) => `    o${i}_${c} *= shrink${i};`))}
    for (var start = 0u; start < ${TILE}u; start += ${VALUES}u) {
      workgroupBarrier();
${
    each(columns, (u) =>
      `      {
        let index = local + ${u * THREADS}u;
        let token = key_tokens[start + index / ${width}u];
        let quad = index % ${width}u;
        let safe = select(token, 0u, token == ${NO_TOKEN});
        let value = v[(pair * p.keys + safe) * p.quads + min(quad, p.quads - 1u)];
        tile_v[index] = value;
      }`)
  }
      workgroupBarrier();
      for (var key = 0u; key < ${VALUES}u; key++) {
${each(4, (i) => `        let w${i} = weights[(ty * 4u + ${i}u) * ${PITCH}u + start + key];`)}
${
    each(columns, (c) =>
      `        let v${c} = tile_v[key * ${width}u + tx + ${c * SIDE}u];
${each(4, (i) => `        o${i}_${c} += w${i} * v${c};`)}`)
  }
      }
    }`;
}

function store(i: number, columns: number): string {
  return `  var total${i} = 0.0;
  for (var x = 0u; x < ${SIDE}u; x++) { total${i} += partial[(ty * 4u + ${i}u) * ${SIDE}u + x]; }
  let finish${i} = select(0.0, 1.0 / total${i}, top${i} ${SAW_KEY});
  let token${i} = query_tokens[ty * 4u + ${i}u];
  if (token${i} != ${NO_TOKEN}) {
    let y_at = result_at(pair, token${i});
${
    each(columns, (c) =>
      `    if (tx + ${c * SIDE}u < p.quads) { y[y_at + tx + ${
        c * SIDE
      }u] = o${i}_${c} * finish${i}; }`)
  }
  }`;
}
