/**
 * Neighbourhoods in WGSL: a grid is cut into residue classes, a class into tiles of queries, and an
 * index in its class has its first neighbour by the window rule of NATTEN.
 *
 * Vectors are (frame, row, column).
 */
import type { ParamType } from "@vicinity/tensor";
import type { Triple } from "../neighbourhood.ts";

/** Parameters of all kernels over neighbourhoods. */
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

/** Values for {@link NEIGHBOUR_PARAMS}. */
export type NeighbourParams = Record<keyof typeof NEIGHBOUR_PARAMS, number>;

/** Values of three parameters with one name. */
export function axes(name: string, [z, y, x]: Triple): Record<string, number> {
  return { [`${name}_z`]: z, [`${name}_y`]: y, [`${name}_x`]: x };
}

/** WGSL constant of three extents. */
export function vector(values: Triple): string {
  return `vec3u(${values.map((value) => `${value}u`).join(", ")})`;
}

/** WGSL vector of three parameters with one name. */
export function paramVector(name: string): string {
  return `vec3u(p.${name}_z, p.${name}_y, p.${name}_x)`;
}

/**
 * Functions of places: `split_index`, `place_of` a group, `first_neighbour` of an index in its
 * class, `position_of` an index on the grid and `token_at` a position.
 *
 * @param kernel Neighbours along each axis.
 * @param tile Queries of a group along each axis.
 * @returns Declarations, with the constants `KERNEL` and `TILE`.
 */
export function gridDeclarations(kernel: Triple, tile: Triple): string {
  return `const KERNEL = ${vector(kernel)};
const TILE = ${vector(tile)};
struct Place { residue: vec3u, tile: vec3u, first: vec3u, count: vec3u }
fn split_index(index: u32, extents: vec3u) -> vec3u {
  let row = index / extents.z;
  return vec3u(row / extents.y, row % extents.y, index % extents.z);
}
fn place_of(group: u32) -> Place {
  let across = ${paramVector("across")};
  let dilation = ${paramVector("dilation")};
  let tiles = across.x * across.y * across.z;
  let residue = split_index(group / tiles, min(dilation, ${paramVector("length")}));
  let tile = split_index(group % tiles, across);
  let count = (${paramVector("padded")} - residue + dilation - 1u) / dilation;
  return Place(residue, tile, tile * TILE, count);
}
fn first_neighbour(g: vec3u, count: vec3u) -> vec3u {
  let side = (KERNEL - 1u) / 2u;
  return min(max(g, side) - side, count - KERNEL);
}
fn position_of(residue: vec3u, g: vec3u) -> vec3u {
  return residue + g * ${paramVector("dilation")};
}
fn on_grid(position: vec3u) -> bool { return all(position < ${paramVector("length")}); }
fn token_at(position: vec3u) -> u32 {
  return (position.x * p.length_y + position.y) * p.length_x + position.z;
}
`;
}

/**
 * Place of a relative offset in the table of biases.
 *
 * @param kernel Neighbours along each axis.
 * @param at WGSL of the offset, from 0 to `2 · kernel - 2` along each axis.
 * @returns WGSL of the index.
 */
export function biasIndex(kernel: Triple, at: string): string {
  return `((${at}.x * ${2 * kernel[1] - 1}u + ${at}.y) * ${2 * kernel[2] - 1}u + ${at}.z)`;
}
