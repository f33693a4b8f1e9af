/**
 * The k largest values of rows in falling order, equal ones in the order of their columns.
 *
 * Every element has a key that no other element of its row has: its bits, mapped so that larger
 * values have larger numbers, and behind them its column counted from the end. `count` and `choose`
 * find the k-th largest key eight bits at a time: `count` counts the next eight bits of all keys
 * that begin like the one that is looked for, `choose` adds the counts up from the top. `collect`
 * gathers the k elements from that key on in any order, and `place` puts each where it belongs: at
 * the number of elements that come before it.
 */
import { FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** Invocations a workgroup. */
export const TOP_K_THREADS = 64;

/** Bits of a column in a key; rows may be so long. */
export const COLUMN_BITS = 24;

/** Rounds of counting and choosing: 32 bits of the value and those of the column, eight a round. */
export const TOP_K_ROUNDS = (32 + COLUMN_BITS) / 8;

/** Words of a row's state: the key's two parts, how many keys lie above it, how many are collected. */
export const TOP_K_STATE = 4;

const BUCKETS = 256;

/** Counts of all rounds of a row. */
export const TOP_K_COUNTS = BUCKETS * TOP_K_ROUNDS;

const KEYS = `const LAST = ${2 ** COLUMN_BITS - 1}u;
fn key_of(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  // Both zeros are the same value.
  let plain = select(bits, 0u, bits == 0x80000000u);
  return select(plain | 0x80000000u, ~plain, plain >= 0x80000000u);
}
`;

const FLAT = `  let index = ${FLAT_WORKGROUP} * ${TOP_K_THREADS}u + local;
  if (index >= p.total) { return; }`;

/**
 * Counts the next eight bits.
 *
 * @returns The kernel; flat grid over all elements.
 */
export function topKCount(): Kernel {
  return kernel({
    label: "top k: count",
    bindings: [
      { name: "x", type: "f32", access: "read" },
      { name: "state", type: "vec4u", access: "read" },
      { name: "counts", type: "atomic<u32>", access: "read_write" },
    ],
    params: { total: "u32", columns: "u32", round: "u32" },
    workgroup: [TOP_K_THREADS, 1, 1],
    declarations: KEYS,
    body: `${FLAT}
  let row = index / p.columns;
  let key = key_of(x[index]);
  let column = LAST - index % p.columns;
  let wanted = state[row];
  var alike = true;
  var digit = 0u;
  if (p.round < 4u) {
    let shift = 24u - 8u * p.round;
    alike = (key >> shift) >> 8u == (wanted.x >> shift) >> 8u;
    digit = (key >> shift) & 255u;
  } else {
    let shift = ${COLUMN_BITS + 24}u - 8u * p.round;
    alike = key == wanted.x && (column >> shift) >> 8u == (wanted.y >> shift) >> 8u;
    digit = (column >> shift) & 255u;
  }
  if (alike) {
    atomicAdd(&counts[row * ${TOP_K_COUNTS}u + p.round * ${BUCKETS}u + digit], 1u);
  }`,
  });
}

/**
 * Chooses the next eight bits of the k-th largest key.
 *
 * @returns The kernel; flat grid over rows.
 */
export function topKChoose(): Kernel {
  return kernel({
    label: "top k: choose",
    bindings: [
      { name: "counts", type: "u32", access: "read" },
      { name: "state", type: "vec4u", access: "read_write" },
    ],
    params: { rows: "u32", k: "u32", round: "u32" },
    workgroup: [TOP_K_THREADS, 1, 1],
    body: `  let row = ${FLAT_WORKGROUP} * ${TOP_K_THREADS}u + local;
  if (row >= p.rows) { return; }
  let first = row * ${TOP_K_COUNTS}u + p.round * ${BUCKETS}u;
  var wanted = state[row];
  var digit = ${BUCKETS - 1}u;
  for (var step = 0u; step < ${BUCKETS}u; step++) {
    digit = ${BUCKETS - 1}u - step;
    let above = wanted.z + counts[first + digit];
    if (above >= p.k) { break; }
    wanted.z = above;
  }
  if (p.round < 4u) {
    wanted.x |= digit << (24u - 8u * p.round);
  } else {
    wanted.y |= digit << (${COLUMN_BITS + 24}u - 8u * p.round);
  }
  state[row] = wanted;`,
  });
}

/**
 * Gathers the columns of the k elements.
 *
 * @returns The kernel; flat grid over all elements.
 */
export function topKCollect(): Kernel {
  return kernel({
    label: "top k: collect",
    bindings: [
      { name: "x", type: "f32", access: "read" },
      { name: "state", type: "atomic<u32>", access: "read_write" },
      { name: "candidates", type: "vec2u", access: "read_write" },
    ],
    params: { total: "u32", columns: "u32", k: "u32" },
    workgroup: [TOP_K_THREADS, 1, 1],
    declarations: KEYS,
    body: `${FLAT}
  let row = index / p.columns;
  let key = key_of(x[index]);
  let column = index % p.columns;
  let least = atomicLoad(&state[row * ${TOP_K_STATE}u]);
  let last = LAST - atomicLoad(&state[row * ${TOP_K_STATE}u + 1u]);
  if (key > least || (key == least && column <= last)) {
    let slot = atomicAdd(&state[row * ${TOP_K_STATE}u + 3u], 1u);
    candidates[row * p.k + slot] = vec2u(key, column);
  }`,
  });
}

/** What decides the text of {@link topKPlace}. */
export interface TopKPlaceSpec {
  /** Whether there are candidates; else every element of a row is one. */
  readonly collected: boolean;
}

/**
 * Puts the candidates in order.
 *
 * @param spec What decides its text.
 * @returns The kernel; flat grid over the candidates.
 */
export function topKPlace({ collected }: TopKPlaceSpec): Kernel {
  return kernel({
    label: "top k: place",
    bindings: [
      { name: "x", type: "f32", access: "read" },
      ...(collected ? [{ name: "candidates", type: "vec2u", access: "read" } as const] : []),
      { name: "values", type: "f32", access: "read_write" },
      { name: "indices", type: "u32", access: "read_write" },
    ],
    params: { total: "u32", columns: "u32", k: "u32" },
    workgroup: [TOP_K_THREADS, 1, 1],
    declarations: `${KEYS}
fn candidate(row: u32, slot: u32) -> vec2u {
  return ${
      collected ? "candidates[row * p.k + slot]" : "vec2u(key_of(x[row * p.columns + slot]), slot)"
    };
}
`,
    body: `${FLAT}
  let count = ${collected ? "p.k" : "p.columns"};
  let row = index / count;
  let own = candidate(row, index % count);
  var before = 0u;
  for (var slot = 0u; slot < count; slot++) {
    let other = candidate(row, slot);
    before += u32(other.x > own.x || (other.x == own.x && other.y < own.y));
  }
  if (before < p.k) {
    values[row * p.k + before] = x[row * p.columns + own.y];
    indices[row * p.k + before] = own.y;
  }`,
  });
}
