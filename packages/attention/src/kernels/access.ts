/**
 * What all attention kernels share: which tokens a group of queries holds, which keys it sees, and
 * what is added to their scores.
 */
import type { Binding, ParamType } from "@vicinity/tensor";
import { neighbourDeclarations, type NeighbourSpec } from "./neighbour_access.ts";
import { ABSENT } from "../vicinity.ts";
import { NEIGHBOUR_PARAMS } from "../wgsl/neighbour_grid.ts";

/** Structural constants of who attends to whom. */
export interface AccessSpec {
  /** Tokens come from tables; without tables slot i of the one group is token i. */
  readonly tables: boolean;
  /** Groups are stretches of a list of tokens, of any length, in place of tables. */
  readonly segments?: boolean | undefined;
  /** The blocks of keys that a group sees are listed for each head; it sees its own otherwise. */
  readonly listed: boolean;
  /** A value is added to each score. */
  readonly bias: boolean;
  /** Keys may be hidden by a mask. */
  readonly mask: boolean;
  /** Tokens are computed from a grid, for neighbourhoods. */
  readonly neighbours?: NeighbourSpec | undefined;
}

/** Parameters of every attention kernel, in order. */
export const ACCESS_PARAMS = {
  /** Heads. */
  heads: "u32",
  /** Query tokens. */
  queries: "u32",
  /** Key tokens. */
  keys: "u32",
  /** Width of a head in fours. */
  quads: "u32",
  /** Query slots of a group. */
  query_length: "u32",
  /** Key slots of a block. */
  key_length: "u32",
  /** Entries of the key table between one head and the next; 0 when all heads share it. */
  key_head_stride: "u32",
  /** Blocks of keys that a group sees. */
  block_count: "u32",
  /** Groups. */
  groups: "u32",
  /** Workgroups a group. */
  tiles: "u32",
  /** Quads of the result from one query to the next, and before the first head. */
  result_row: "u32",
  result_first: "u32",
  /** Batches of the result; those beyond lie behind the heads of the ones before. */
  result_batches: "u32",
  /** Elements of the bias between one group (or batch) and the next. */
  bias_group_stride: "u32",
  /** Elements of the bias between one head and the next. */
  bias_head_stride: "u32",
  /** Factor of the scores. */
  scale: "f32",
  /** First pair of a batch and a head of this dispatch. */
  first_pair: "u32",
} as const satisfies Record<string, ParamType>;

/** Values for {@link ACCESS_PARAMS}. */
export type AccessParams = Record<keyof typeof ACCESS_PARAMS, number>;

/** Those that do not depend on how the kernel is recorded. */
export type CallParams = Omit<AccessParams, "tiles" | "first_pair">;

/** WGSL statement that declares the pair of a batch and a head of a workgroup. */
export const PAIR = "  let pair = p.first_pair + wid.z;";

/**
 * Parameters of a kernel, in order.
 *
 * @param spec Structural constants.
 * @returns Their types by name.
 */
export function accessParams({ neighbours }: AccessSpec): Record<string, ParamType> {
  return neighbours ? { ...ACCESS_PARAMS, ...NEIGHBOUR_PARAMS } : ACCESS_PARAMS;
}

/** WGSL literal that stands for "no token". */
export const NO_TOKEN = `${ABSENT}u`;

/**
 * Score of a hidden key: far below every real one, so that its weight is zero, and far above where
 * differences overflow.
 */
export const HIDDEN = "-1.0e30";

/** WGSL condition on a highest score: some key was seen. */
export const SAW_KEY = "> -1.0e29";

/**
 * Bindings in order: q, k, v, then what the spec asks for, then the result.
 *
 * @param spec Structural constants.
 * @returns The bindings.
 */
export function accessBindings(spec: AccessSpec): Binding[] {
  const read = (name: string, type: string): Binding => ({ name, type, access: "read" });
  return [
    ...["q", "k", "v"].map((name) => read(name, "vec4f")),
    ...(spec.tables ? [read("query_table", "u32"), read("key_table", "u32")] : []),
    ...(spec.segments ? [read("members", "u32"), read("starts", "u32")] : []),
    ...(spec.listed ? [read("blocks", "u32")] : []),
    ...(spec.bias ? [read("bias", "f32")] : []),
    ...(spec.mask ? [read("mask", "u32")] : []),
    { name: "y", type: "vec4f", access: "read_write" },
  ];
}

/** WGSL function that says where the result of a query and a head lies. */
export const RESULT_AT = `fn result_at(z: u32, token: u32) -> u32 {
  let batch = z / p.heads;
  let head = batch / p.result_batches * p.heads + z % p.heads;
  return (batch % p.result_batches * p.queries + token) * p.result_row + p.result_first + head * p.quads;
}`;

/**
 * Functions that turn slots into tokens, scores and places of the result; slots behind the last one
 * have no token.
 *
 * @param spec Structural constants.
 * @returns Declarations `query_count`, `key_count`, `query_token`, `key_block`, `key_token`, `score` and
 *   `result_at`.
 */
export function accessDeclarations(spec: AccessSpec): string {
  return `${RESULT_AT}
${spec.segments ? segmentDeclarations(spec) : slotDeclarations(spec)}`;
}

/** Groups have a known number of slots. */
function slotDeclarations(spec: AccessSpec): string {
  return `fn query_count(group: u32) -> u32 { return p.query_length; }
fn key_count(group: u32) -> u32 { return p.key_length; }
${spec.neighbours ? neighbourDeclarations(spec.neighbours, spec) : tableDeclarations(spec)}`;
}

/** A slot's token is found in the list from the start of the stretch on. */
function segmentDeclarations({ mask }: AccessSpec): string {
  return `fn query_count(group: u32) -> u32 { return starts[group + 1u] - starts[group]; }
fn key_count(group: u32) -> u32 { return query_count(group); }
fn query_token(group: u32, slot: u32) -> u32 {
  let inside = slot < query_count(group);
  return select(${NO_TOKEN}, members[starts[group] + select(0u, slot, inside)], inside);
}
fn key_block(z: u32, group: u32, index: u32) -> u32 { return group; }
fn key_token(z: u32, block: u32, slot: u32) -> u32 {
  let token = query_token(block, slot);
${
    mask
      ? `  let seen = mask[z / p.heads * p.keys + select(token, 0u, token == ${NO_TOKEN})] != 0u;
  return select(${NO_TOKEN}, token, seen);`
      : "  return token;"
  }
}
fn score(product: f32, hide: f32, row: u32, slot: u32) -> f32 { return product * p.scale + hide; }
fn bias_row(z: u32, group: u32, slot: u32) -> u32 { return 0u; }
`;
}

function tableDeclarations({ tables, listed, bias, mask }: AccessSpec): string {
  return `fn query_token(group: u32, slot: u32) -> u32 {
  let inside = min(slot, p.query_length - 1u);
  return select(${NO_TOKEN}, ${
    tables ? "query_table[group * p.query_length + inside]" : "inside"
  }, slot < p.query_length);
}
fn key_block(z: u32, group: u32, index: u32) -> u32 {
  return ${listed ? "blocks[(z * p.groups + group) * p.block_count + index]" : "group"};
}
fn key_token(z: u32, block: u32, slot: u32) -> u32 {
  let inside = min(slot, p.key_length - 1u);
  let token = ${
    tables ? "key_table[z % p.heads * p.key_head_stride + block * p.key_length + inside]" : "inside"
  };
  let seen = slot < p.key_length${
    mask ? ` && mask[z / p.heads * p.keys + select(token, 0u, token == ${NO_TOKEN})] != 0u` : ""
  };
  return select(${NO_TOKEN}, token, seen);
}
fn score(product: f32, hide: f32, row: u32, slot: u32) -> f32 {
  return product * p.scale + hide${bias ? " + bias[row + min(slot, p.key_length - 1u)]" : ""};
}
fn bias_row(z: u32, group: u32, slot: u32) -> u32 {
  let outer = ${tables ? "group" : "z / p.heads"};
  return outer * p.bias_group_stride + z % p.heads * p.bias_head_stride +
    min(slot, p.query_length - 1u) * p.key_length;
}
`;
}
