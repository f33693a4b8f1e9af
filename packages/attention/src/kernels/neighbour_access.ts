/**
 * Who attends to whom in neighbourhoods, computed instead of looked up. A group is a tile of queries
 * of one residue class, its keys are the union of their neighbourhoods, and each score knows by the
 * places of query and key in them whether they are neighbours, and by which bias.
 *
 * Vectors are (frame, row, column).
 */
import type { Triple } from "../neighbourhood.ts";
import { HIDDEN, NO_TOKEN } from "./access.ts";
import { biasIndex, gridDeclarations, vector } from "../wgsl/neighbour_grid.ts";

/** Structural constants of neighbourhoods. */
export interface NeighbourSpec {
  /** Neighbours along each axis. */
  readonly kernel: Triple;
  /** Queries of a group along each axis. */
  readonly tile: Triple;
  /** Keys of a group along each axis. */
  readonly union: Triple;
}

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
  return `${gridDeclarations(kernel, tile)}const UNION = ${vector(union)};
struct Row { start: vec3u, shift: vec3u, base: u32 }
fn query_token(group: u32, slot: u32) -> u32 {
  let at = place_of(group);
  let g = at.first + split_index(min(slot, p.query_length - 1u), TILE);
  let position = position_of(at.residue, g);
  let inside = (slot < p.query_length) & on_grid(position);
  return select(${NO_TOKEN}, token_at(position), inside);
}
fn key_block(z: u32, group: u32, index: u32) -> u32 { return group; }
fn key_token(z: u32, block: u32, slot: u32) -> u32 {
  let at = place_of(block);
  let last = min(at.first + TILE, at.count) - 1u;
  let end = first_neighbour(last, at.count) + KERNEL;
  let g = first_neighbour(at.first, at.count) + split_index(min(slot, p.key_length - 1u), UNION);
  let position = position_of(at.residue, g);
  let token = select(p.keys - 1u, token_at(position), on_grid(position));
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
  let added = hide + bias[row.base + select(0u, ${biasIndex(kernel, "at")}, near)];`
      : "  let added = hide;"
  }
  return product * p.scale + select(${HIDDEN}, added, near);
}
`;
}
