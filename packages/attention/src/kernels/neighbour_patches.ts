/**
 * Neighbourhood attention for adapters that are CPUs: all scores of a query at once, none of them
 * computed for keys far away.
 *
 * The lanes of a subgroup are a patch of neighbouring queries, an invocation has several patches,
 * and a patch looks through a window: the patch and the neighbours around it. Which keys of the tile
 * are in the window of which patch is written into the text. At borders, where neighbourhoods slide
 * inwards, the window stays where it is, and its places beyond the border hold the keys that lie one
 * window further in: along an axis a window of consecutive places holds each key once, whatever
 * multiples of its length are added. Whether a place holds a neighbour, and with which bias, comes
 * from the table of `neighbour_places.ts`.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";
import { mapTriple, type Triple } from "../neighbourhood.ts";
import { ACCESS_PARAMS, PAIR, RESULT_AT } from "./access.ts";
import { gridDeclarations, NEIGHBOUR_PARAMS, paramVector, vector } from "../wgsl/neighbour_grid.ts";

/** What decides the text of the kernels over patches. */
export interface PatchSpec {
  /** Neighbours along each axis. */
  readonly kernel: Triple;
  /** Queries of a patch along each axis; their product is the number of lanes. */
  readonly patch: Triple;
  /** Patches of an invocation along each axis. */
  readonly stack: Triple;
  /**
   * Places of a window along each axis: `patch + kernel - 1`, or all of a residue class where it is
   * no longer than that.
   */
  readonly window: Triple;
  /** Axes of which the windows see everything. */
  readonly whole: readonly [boolean, boolean, boolean];
}

const { heads, queries, keys, quads, groups, first_pair, scale } = ACCESS_PARAMS;
const { result_row, result_first, result_batches } = ACCESS_PARAMS;

/** Parameters of the attention kernel over patches. */
export const PATCH_PARAMS = {
  ...{ heads, queries, keys, quads, groups, first_pair, scale },
  ...{ result_row, result_first, result_batches },
  ...NEIGHBOUR_PARAMS,
  /** Different tiles along each axis, the inner ones counted once, in classes of one length. */
  classes_z: "u32",
  classes_y: "u32",
  classes_x: "u32",
  /** Different lengths of residue classes along each axis, 1 or 2. */
  lengths_z: "u32",
  lengths_y: "u32",
  lengths_x: "u32",
  /** Quads of the table of places from one head to the next; 0 when all share it. */
  places_stride: "u32",
} as const;

const product = ([z, y, x]: Triple) => z * y * x;

/** Queries of a tile along each axis. */
export function tileOf({ patch, stack }: Pick<PatchSpec, "patch" | "stack">): Triple {
  return mapTriple((axis) => patch[axis] * stack[axis]);
}

/** Keys of a tile along each axis. */
export function unionOf({ patch, stack, window, whole }: PatchSpec): Triple {
  return mapTriple((axis) => window[axis] + (whole[axis] ? 0 : patch[axis] * (stack[axis] - 1)));
}

/** Patches of an invocation: each has a query in every lane. */
export function rowsOf({ stack }: Pick<PatchSpec, "stack">): number {
  return product(stack);
}

/**
 * Functions of windows: `base_of` a tile, `key_index` of a place of its union, and `class_of` a tile,
 * by which it finds its table.
 *
 * @param spec Structural constants.
 * @returns Declarations.
 */
export function patchDeclarations(spec: PatchSpec): string {
  const { kernel, window, whole } = spec;
  const tile = tileOf(spec);
  const side = mapTriple((axis) => (kernel[axis] - 1) / 2);
  // Every tile of an axis that is seen whole has a table of its own.
  const low = mapTriple((axis) => whole[axis] ? 0xffff : Math.ceil(side[axis] / tile[axis]));
  return `${gridDeclarations(kernel, tile)}const UNION = ${vector(unionOf(spec))};
const WINDOW = ${vector(window)};
const SIDE = ${vector(side)};
const LOW = ${vector(low)};
fn base_of(at: Place) -> vec3i {
  return select(vec3i(at.first) - vec3i(SIDE), vec3i(), vec3<bool>(${whole.join(", ")}));
}
fn key_index(base: vec3i, place: vec3u, count: vec3u) -> vec3i {
  let g = base + vec3i(place);
  let inwards = select(vec3i(), vec3i(WINDOW), g < vec3i()) -
    select(vec3i(), vec3i(WINDOW), g >= vec3i(count));
  return g + inwards;
}
fn longest() -> vec3u {
  let dilation = ${paramVector("dilation")};
  return (${paramVector("padded")} + dilation - 1u) / dilation;
}
fn class_of(at: Place) -> u32 {
  let classes = ${paramVector("classes")};
  let lengths = ${paramVector("lengths")};
  let across = ${paramVector("across")};
  let last = max(LOW, max(at.tile + classes, across) - across);
  let index = min(at.tile, last) * lengths + longest() - at.count;
  return (index.x * classes.y * lengths.y + index.y) * classes.z * lengths.z + index.z;
}
`;
}

/**
 * Builds the kernel. Its grid is flat over tiles, z is batch and head. Quads of the table lie in the
 * order [head, class of tile, patch, quad of places, lane].
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function neighbourPatches(spec: PatchSpec): Kernel {
  const lanes = product(spec.patch);
  const [rows, places, union] = [rowsOf(spec), product(spec.window), product(unionOf(spec))];
  const [quadsOfPlaces, loads] = [Math.ceil(places / 4), Math.ceil(union / lanes)];
  const seenBy = patchesByKey(spec);
  return kernel({
    label: "attention_patches",
    bindings: [
      ...["q", "k", "v", "places"].map((name) => ({
        name,
        type: "vec4f",
        access: "read" as const,
      })),
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: PATCH_PARAMS,
    workgroup: [lanes, 1, 1],
    features: ["subgroups"],
    declarations: `${RESULT_AT}
${patchDeclarations(spec)}const PATCH = ${vector(spec.patch)};
`,
    body: `${PAIR}
  let group = ${FLAT_WORKGROUP};
  if (group >= p.groups) { return; }
  let at = place_of(group);
  let base = base_of(at);
  let table = pair % p.heads * p.places_stride + class_of(at) * ${rows * quadsOfPlaces * lanes}u;
${each(rows, (r) => query(r, spec))}
${each(loads, (i) => key(i, lanes, union))}
${products(rows, places, loads, seenBy, lanes)}
${each(rows, (r) => weights(r, places, `table + ${r * quadsOfPlaces * lanes}u + local`, lanes))}
${sums(rows, loads, seenBy, lanes)}`,
  });
}

/** For each key of a tile the patches whose window it is in, and its place there. */
function patchesByKey(spec: PatchSpec): { readonly row: number; readonly place: number }[][] {
  const { patch, stack, window, whole } = spec;
  const union = unionOf(spec);
  const seenBy = Array.from(
    { length: product(union) },
    (): { row: number; place: number }[] => [],
  );
  for (let row = 0; row < rowsOf(spec); row++) {
    const at = split(row, stack);
    const first = mapTriple((axis) => whole[axis] ? 0 : at[axis] * patch[axis]);
    for (let place = 0; place < product(window); place++) {
      const [z, y, x] = split(place, window);
      const key = ((z + first[0]) * union[1] + y + first[1]) * union[2] + x + first[2];
      seenBy[key]?.push({ row, place });
    }
  }
  return seenBy;
}

function split(index: number, [, rows, columns]: Triple): Triple {
  const row = Math.floor(index / columns);
  return [Math.floor(row / rows), row % rows, index % columns];
}

function query(r: number, { patch, stack }: PatchSpec): string {
  const first = split(r, stack);
  const offset = vector(mapTriple((axis) => first[axis] * patch[axis]));
  return `  let g${r} = at.first + ${offset} + split_index(local, PATCH);
  let position${r} = position_of(at.residue, g${r});
  let here${r} = on_grid(position${r});
  let token${r} = select(0u, token_at(position${r}), here${r});
  let q_at${r} = (pair * p.queries + token${r}) * p.quads;
  let y_at${r} = result_at(pair, token${r});`;
}

/** Where key i of this lane lies; those that do not exist read some token and have no weight. */
function key(i: number, lanes: number, union: number): string {
  return `  let index${i} = key_index(base, split_index(min(${i * lanes}u + local, ${
    union - 1
  }u), UNION), at.count);
  let exists${i} = all(index${i} >= vec3i()) & all(index${i} < vec3i(at.count));
  let key_position${i} = position_of(at.residue, vec3u(index${i}));
  let key_token${i} = select(p.keys - 1u, token_at(key_position${i}), exists${i} & on_grid(key_position${i}));
  let k_at${i} = (pair * p.keys + key_token${i}) * p.quads;`;
}

type SeenBy = readonly (readonly { readonly row: number; readonly place: number }[])[];

function products(rows: number, places: number, loads: number, seenBy: SeenBy, lanes: number) {
  return `${each(rows, (r) => each(places, (s) => `  var s${r}_${s} = 0.0;`))}
  for (var quad = 0u; quad < p.quads; quad++) {
${each(rows, (r) => `    let q${r} = q[q_at${r} + quad];`)}
${each(loads, (i) => `    let k${i} = k[k_at${i} + quad];`)}
${
    each(seenBy.length, (j) =>
      `    let key_${j} = subgroupBroadcast(k${Math.floor(j / lanes)}, ${j % lanes}u);
${
        (seenBy[j] ?? []).map(({ row, place }) => {
          const terms = [..."xyzw"].map((c) =>
            `q${row}.${c} * key_${j}.${c}`
          );
          return `    s${row}_${place} += ${terms.join(" + ")};`;
        }).join("\n")
      }`)
  }
  }`;
}

/** From products to weights. */
function weights(r: number, places: number, table: string, lanes: number): string {
  const all = (name: string) => Array.from({ length: places }, (_, s) => `${name}${r}_${s}`);
  return `${
    each(Math.ceil(places / 4), (quad) =>
      `  let p${r}_${quad} = places[${table} + ${quad * lanes}u];
${
        [..."xyzw"].slice(0, Math.min(4, places - 4 * quad)).map((c, i) =>
          `  let z${r}_${4 * quad + i} = s${r}_${4 * quad + i} * p.scale + p${r}_${quad}.${c};`
        ).join("\n")
      }`)
  }
  let top${r} = ${tree(all("z"), (a, b) => `max(${a}, ${b})`)};
${each(places, (s) => `  let w${r}_${s} = exp(z${r}_${s} - top${r});`)}
  let finish${r} = 1.0 / (${tree(all("w"), (a, b) => `(${a} + ${b})`)});`;
}

/** Pairs of pairs, so that no term waits for all the others. */
function tree(terms: readonly string[], join: (a: string, b: string) => string): string {
  const [only = ""] = terms;
  if (terms.length < 2) return only;
  const half = terms.length >> 1;
  return join(tree(terms.slice(0, half), join), tree(terms.slice(half), join));
}

function sums(rows: number, loads: number, seenBy: SeenBy, lanes: number): string {
  return `  for (var quad = 0u; quad < p.quads; quad++) {
${each(loads, (i) => `    let v${i} = v[k_at${i} + quad];`)}
${each(rows, (r) => `    var o${r} = vec4f();`)}
${
    each(seenBy.length, (j) =>
      `    let value_${j} = subgroupBroadcast(v${Math.floor(j / lanes)}, ${j % lanes}u);
${
        (seenBy[j] ?? []).map(({ row, place }) =>
          `    o${row} += w${row}_${place} * value_${j};`
        )
          .join("\n")
      }`)
  }
${each(rows, (r) => `    if (here${r}) { y[y_at${r} + quad] = o${r} * finish${r}; }`)}
  }`;
}
