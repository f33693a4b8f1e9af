/** How the queries of neighbourhoods are cut into tiles. */
import type { Caps } from "@vicinity/tensor";
import { axes, type NeighbourParams } from "../wgsl/neighbour_grid.ts";
import type { NeighbourSpec } from "../kernels/neighbour_access.ts";
import { TILE } from "../kernels/tile.ts";
import { mapTriple, type Neighbourhood, type Triple } from "../neighbourhood.ts";

/** Tiles of a grid. */
export interface NeighbourTiles {
  /** What decides the text of kernels. */
  readonly spec: NeighbourSpec;
  /** Query slots of a tile. */
  readonly queries: number;
  /** Key slots of a tile. */
  readonly keys: number;
  /** Tiles of all residue classes. */
  readonly groups: number;
  /** Pairs of a query and a key that sees it. */
  readonly seen: number;
  /** Parameters of kernels. */
  readonly params: NeighbourParams;
}

/** Most queries of a tile: rows of an invocation times lanes, or those of a workgroup. */
const MOST_ROWS = 4;
const MOST_LANES = 8;
/** Work of a key beside that for each query: loads and addresses, in queries. */
const KEY_COST = 6;
/** Time of a row of an invocation by the number of its rows, relative to that among four. */
const ROW_COST = [0, 1.8, 1.25, 1.05, 1];

const product = ([a, b, c]: Triple) => a * b * c;

/**
 * The cut of least work: large tiles share keys, small ones see fewer in vain.
 *
 * @param vicinity The neighbourhoods.
 * @param caps Facts about the adapter.
 * @returns The tiles.
 */
export function neighbourTiles(vicinity: Neighbourhood, caps: Caps): NeighbourTiles {
  const { grid, padded, kernel, dilation } = vicinity;
  const lanes = caps.isCpu ? Math.min(caps.subgroupSize || MOST_LANES, MOST_LANES) : TILE;
  const most = caps.isCpu ? MOST_ROWS * lanes : TILE;
  const classes = mapTriple((a) => Math.min(dilation[a], grid[a]));
  const counts = mapTriple((a) => Math.ceil(grid[a] / dilation[a]));
  const paddedCounts = mapTriple((a) => Math.ceil(padded[a] / dilation[a]));
  let best: { tile: Triple; cost: number } | undefined;
  for (const tile of tilesUpTo(most, counts)) {
    const union = mapTriple((a) => Math.min(tile[a] + kernel[a] - 1, paddedCounts[a]));
    const tiles = product(mapTriple((a) => Math.ceil(counts[a] / tile[a])));
    const rows = Math.ceil(product(tile) / lanes);
    const cost = tiles * product(union) * (rows * lanes * (ROW_COST[rows] ?? 1) + KEY_COST);
    if (!best || cost < best.cost) best = { tile, cost };
  }
  const tile = best?.tile ?? [1, 1, 1];
  const union = mapTriple((a) => Math.min(tile[a] + kernel[a] - 1, paddedCounts[a]));
  const across = mapTriple((a) => Math.ceil(counts[a] / tile[a]));
  return {
    spec: { kernel, tile, union },
    queries: product(tile),
    keys: product(union),
    groups: product(classes) * product(across),
    seen: product(grid) * product(kernel),
    params: {
      ...axes("length", grid),
      ...axes("padded", padded),
      ...axes("dilation", dilation),
      ...axes("across", across),
    } as NeighbourParams,
  };
}

function* tilesUpTo(most: number, counts: Triple): Generator<Triple> {
  for (let z = 1; z <= Math.min(most, counts[0]); z++) {
    for (let y = 1; y <= Math.min(most / z, counts[1]); y++) {
      for (let x = 1; x <= Math.min(most / z / y, counts[2]); x++) yield [z, y, x];
    }
  }
}
