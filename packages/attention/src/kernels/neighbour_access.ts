/**
 * Who attends to whom in neighbourhoods, computed instead of looked up. A group is a tile of queries
 * of one residue class, its keys are the union of their neighbourhoods, and each score knows by the
 * places of query and key in them whether they are neighbours, and by which bias.
 *
 * Vectors are (frame, row, column).
 */
import type { ParamType } from "@vicinity/tensor";
import type { Triple } from "../neighbourhood.ts";
import { HIDDEN, NO_TOKEN } from "./access.ts";

/** Structural constants of neighbourhoods. */
export interface NeighbourSpec {
  /** Neighbours along each axis. */
  readonly kernel: Triple;
  /** Queries of a group along each axis. */
  readonly tile: Triple;
  /** Keys of a group along each axis. */
  readonly union: Triple;
}

/** Parameters beside those of every attention kernel. */
export const NEIGHBOUR_PARAMS = {
  /** Extents of the grid. */
  length_z: "u32",
  length_y: "u32",
  length_x: "u32",
  /** The same with padding. */
  padded_z: "u32",
  padded_y: "u32",
  padded_x: "u32",
  /** Distance between neighbours. */
  dilation_z: "u32",
  dilation_y: "u32",
  dilation_x: "u32",
  /** Tiles along each axis of a residue class. */
  across_z: "u32",
  across_y: "u32",
  across_x: "u32",
} as const satisfies Record<string, ParamType>;

const vector = (values: Triple) => `vec3u(${values.map((value) => `${value}u`).join(", ")})`;
const triple = (name: string) => `vec3u(p.${name}_z, p.${name}_y, p.${name}_x)`;

/**
 * The functions of {@link accessDeclarations} for neighbourhoods.
 *
 * @param spec Structural constants.
 * @param options Whether there are biases and a mask.
 * @returns Declarations.
 */
export function neighbourDeclarations(
  { kernel, tile, union }: NeighbourSpec,
  { bias, mask }: { readonly bias: boolean; readonly mask: boolean },
): string {
  const spread = `${2 * kernel[1] - 1}u + at.y) * ${2 * kernel[2] - 1}u + at.z`;
  return `const KERNEL = ${vector(kernel)};
const TILE = ${vector(tile)};
const UNION = ${vector(union)};
struct Place { residue: vec3u, first: vec3u, count: vec3u }
struct Row { start: vec3u, shift: vec3u, base: u32 }
fn split_index(index: u32, extents: vec3u) -> vec3u {
  let row = index / extents.z;
  return vec3u(row / extents.y, row % extents.y, index % extents.z);
}
fn place_of(group: u32) -> Place {
  let across = ${triple("across")};
  let dilation = ${triple("dilation")};
  let tiles = across.x * across.y * across.z;
  let residue = split_index(group / tiles, min(dilation, ${triple("length")}));
  let count = (${triple("padded")} - residue + dilation - 1u) / dilation;
  return Place(residue, split_index(group % tiles, across) * TILE, count);
}
fn first_neighbour(g: vec3u, count: vec3u) -> vec3u {
  let side = (KERNEL - 1u) / 2u;
  return min(max(g, side) - side, count - KERNEL);
}
fn token_at(position: vec3u) -> u32 {
  return (position.x * p.length_y + position.y) * p.length_x + position.z;
}
fn query_token(group: u32, slot: u32) -> u32 {
  let at = place_of(group);
  let g = at.first + split_index(min(slot, p.query_length - 1u), TILE);
  let position = at.residue + g * ${triple("dilation")};
  let inside = (slot < p.query_length) & all(position < ${triple("length")});
  return select(${NO_TOKEN}, token_at(position), inside);
}
fn key_block(z: u32, group: u32, index: u32) -> u32 { return group; }
fn key_token(z: u32, block: u32, slot: u32) -> u32 {
  let at = place_of(block);
  let last = min(at.first + TILE, at.count) - 1u;
  let end = first_neighbour(last, at.count) + KERNEL;
  let g = first_neighbour(at.first, at.count) + split_index(min(slot, p.key_length - 1u), UNION);
  let position = at.residue + g * ${triple("dilation")};
  let token = select(p.keys - 1u, token_at(position), all(position < ${triple("length")}));
  var seen = (slot < p.key_length) & all(g < end);
${mask ? "  seen = seen & (mask[z / p.heads * p.keys + min(token, p.keys - 1u)] != 0u);" : ""}
  return select(${NO_TOKEN}, token, seen);
}
fn bias_row(z: u32, group: u32, slot: u32) -> Row {
  let at = place_of(group);
  let g = min(at.first + split_index(min(slot, p.query_length - 1u), TILE), at.count - 1u);
  let origin = first_neighbour(at.first, at.count);
  return Row(
    first_neighbour(g, at.count) - origin,
    origin + KERNEL - 1u - g,
    z % p.heads * p.bias_head_stride,
  );
}
fn score(product: f32, hide: f32, row: Row, slot: u32) -> f32 {
  let key = split_index(min(slot, p.key_length - 1u), UNION);
  let near = all(key - row.start < KERNEL);
${
    bias
      ? `  let at = key + row.shift;
  let added = hide + bias[row.base + select(0u, (at.x * ${spread}, near)];`
      : "  let added = hide;"
  }
  return product * p.scale + select(${HIDDEN}, added, near);
}
`;
}
