/**
 * Neighbourhood attention for adapters that are CPUs: all scores of a query at once, each of them for
 * a neighbour.
 *
 * The lanes of a subgroup are a patch of neighbouring queries, an invocation has several patches. All
 * lanes take one step of their neighbourhoods together: the keys at that step lie in the registers of
 * a few lanes' loads, and which lane of which register has the key of which query is written into the
 * text, so that a step costs a permutation by constants. At borders, where neighbourhoods slide
 * inwards, steps stay where they are, and those beyond the border mean the key that lies one
 * neighbourhood further in: along an axis, consecutive places as many as the kernel hold each of its
 * keys once, whatever multiples of the kernel are added.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";
import { mapTriple } from "../neighbourhood.ts";
import { biasOf, lineBiases, slides } from "../wgsl/neighbour_biases.ts";
import { gridDeclarations, NEIGHBOUR_PARAMS, vector } from "../wgsl/neighbour_grid.ts";
import { firstOf, type PatchSpec, product, rowsOf, split, tileOf } from "../wgsl/patch_spec.ts";
import { ACCESS_PARAMS, PAIR, RESULT_AT } from "./access.ts";

const { heads, queries, keys, quads, groups, first_pair, scale } = ACCESS_PARAMS;
const { result_row, result_first, result_batches, bias_head_stride } = ACCESS_PARAMS;

/** Parameters of the kernel. */
export const PATCH_PARAMS = {
  ...{ heads, queries, keys, quads, groups, first_pair, scale },
  ...{ result_row, result_first, result_batches, bias_head_stride },
  ...NEIGHBOUR_PARAMS,
} as const;

/**
 * Builds the kernel. Its grid is flat over tiles, z is batch and head.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function neighbourPatches(spec: PatchSpec): Kernel {
  const lanes = product(spec.patch);
  const [rows, places, union] = [rowsOf(spec), product(spec.kernel), product(spec.union)];
  const [loads, steps] = [Math.ceil(union / lanes), stepsOf(spec)];
  return kernel({
    label: "attention_patches",
    bindings: [
      ...["q", "k", "v"].map((name) => ({ name, type: "vec4f", access: "read" as const })),
      ...(spec.bias ? [{ name: "bias", type: "f32", access: "read" as const }] : []),
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: PATCH_PARAMS,
    workgroup: [lanes, 1, 1],
    features: ["subgroups"],
    declarations: declarations(spec),
    body: `${PAIR}
  let group = ${FLAT_WORKGROUP};
  if (group >= p.groups) { return; }
  let at = place_of(group);
  let base = select(vec3i(at.first) - SIDE, vec3i(), vec3<bool>(${spec.whole.join(", ")}));
  let within = split_index(lane, PATCH);
${each(rows, (r) => query(r, spec))}
${each(loads, (i) => key(i, lanes, union))}
${products(rows, places, steps)}
${logits(rows, spec)}
${each(rows, (r) => weights(r, places))}
${sums(rows, steps)}`,
  });
}

function declarations(spec: PatchSpec): string {
  return `${RESULT_AT}
${gridDeclarations(spec.kernel, tileOf(spec))}const LOG2E = ${Math.LOG2E};
const PATCH = ${vector(spec.patch)};
const UNION = ${vector(spec.union)};
const SIDE = vec3i((KERNEL - 1u) / 2u);
fn key_index(base: vec3i, place: vec3u, count: vec3u) -> vec3i {
  let g = base + vec3i(place);
  return g + select(vec3i(), vec3i(KERNEL), g < vec3i()) -
    select(vec3i(), vec3i(KERNEL), g >= vec3i(count));
}
`;
}

/** What all lanes of some patches look at together. */
interface Step {
  /** For each lane the place of its key among those of the tile. */
  readonly sources: readonly number[];
  /** The patches that take it, and of which neighbours. */
  readonly takenBy: { readonly row: number; readonly place: number }[];
  /**
   * Registers that no step before has read. They are loaded just before it: a load is a loop over the
   * lanes on llvmpipe, and LLVM, which orders the sums between two loops anew, spills fewer of them
   * where there are few (dilated neighbourhoods take 0.77 of the time).
   */
  readonly fresh: readonly number[];
}

function stepsOf(spec: PatchSpec): Step[] {
  const lanes = product(spec.patch);
  const steps = new Map<string, Omit<Step, "fresh">>();
  for (let row = 0; row < rowsOf(spec); row++) {
    for (let place = 0; place < product(spec.kernel); place++) {
      const sources = Array.from({ length: lanes }, (_, lane) => keyOf(spec, row, lane, place));
      const step = steps.get(sources.join()) ?? { sources, takenBy: [] };
      step.takenBy.push({ row, place });
      steps.set(sources.join(), step);
    }
  }
  const loaded = new Set<number>();
  return [...steps.values()]
    .sort((a, b) => Math.min(...a.sources) - Math.min(...b.sources))
    .map((step) => {
      const registers = new Set(step.sources.map((source) => Math.floor(source / lanes)));
      const fresh = [...registers].filter((register) => !loaded.has(register));
      fresh.forEach((register) => loaded.add(register));
      return { ...step, fresh };
    });
}

/** The place among the keys of a tile of a neighbour of a query. */
function keyOf(spec: PatchSpec, row: number, lane: number, place: number): number {
  const { kernel, patch, whole, union } = spec;
  const [first, within, at] = [firstOf(row, spec), split(lane, patch), split(place, kernel)];
  const [z, y, x] = mapTriple((axis) => {
    const index = first[axis] + within[axis] + at[axis];
    if (!whole[axis]) return index;
    const [length, size] = [union[axis], kernel[axis]];
    const g = index - (size - 1) / 2;
    const inwards = g < 0 ? g + size : g < length ? g : g - size;
    // Queries beyond the last one look anywhere.
    return Math.min(inwards, length - 1);
  });
  return (z * union[1] + y) * union[2] + x;
}

/** WGSL of what a step sees of the registers of a name: pieces of them, turned to their lanes. */
function permuted(name: string, sources: readonly number[]): string {
  const lanes = sources.length;
  const pieces: { text: string; end: number }[] = [];
  for (const [lane, source] of sources.entries()) {
    const turn = (source - lane + lanes) % lanes;
    const register = `${name}${Math.floor(source / lanes)}`;
    const text = turn === 0
      ? register
      : `subgroupShuffle(${register}, (lane + ${turn}u) % ${lanes}u)`;
    const last = pieces.at(-1);
    if (last?.text === text) last.end = lane + 1;
    else pieces.push({ text, end: lane + 1 });
  }
  return pieces.reduceRight(
    (rest, { text, end }) => rest ? `select(${rest}, ${text}, lane < ${end}u)` : text,
    "",
  );
}

function query(r: number, spec: PatchSpec): string {
  return `  let g${r} = at.first + ${vector(firstOf(r, spec))} + within;
  let position${r} = position_of(at.residue, g${r});
  let here${r} = on_grid(position${r});
  let token${r} = select(0u, token_at(position${r}), here${r});
  let q_at${r} = (pair * p.queries + token${r}) * p.quads;
  let y_at${r} = result_at(pair, token${r});`;
}

/** Where key i of this lane lies. One that does not exist is seen by no query of the grid. */
function key(i: number, lanes: number, union: number): string {
  return `  let index${i} = key_index(base, split_index(min(${i * lanes}u + lane, ${
    union - 1
  }u), UNION), at.count);
  let exists${i} = all(index${i} >= vec3i()) & all(index${i} < vec3i(at.count));
  let key_position${i} = position_of(at.residue, vec3u(index${i}));
  let key_token${i} = select(p.keys - 1u, token_at(key_position${i}), exists${i} & on_grid(key_position${i}));
  let k_at${i} = (pair * p.keys + key_token${i}) * p.quads;`;
}

function products(rows: number, places: number, steps: readonly Step[]): string {
  return `${each(rows, (r) => each(places, (s) => `  var s${r}_${s} = 0.0;`))}
  let scale = p.scale * LOG2E;
  for (var quad = 0u; quad < p.quads; quad++) {
${each(rows, (r) => `    let q${r} = q[q_at${r} + quad] * scale;`)}
${
    walk("k", steps, ({ row, place }, key) => {
      const terms = [..."xyzw"].map((c) => `q${row}.${c} * ${key}.${c}`);
      return `    s${row}_${place} += ${terms.join(" + ")};`;
    })
  }
  }`;
}

/** Statements of all steps through an array: its loads, and what each score makes of what it sees. */
function walk(
  array: "k" | "v",
  steps: readonly Step[],
  take: (score: Step["takenBy"][number], seen: string) => string,
): string {
  return steps.map(({ sources, takenBy, fresh }, j) => {
    const loads = fresh.map((i) => `    let ${array}${i} = ${array}[k_at${i} + quad];`);
    const seen = `    let ${array}_seen${j} = ${permuted(array, sources)};`;
    return [...loads, seen, ...takenBy.map((score) => take(score, `${array}_seen${j}`))].join("\n");
  }).join("\n");
}

/** From products to logits, line by line of the neighbourhood, so that few biases are alive at a time. */
function logits(rows: number, spec: PatchSpec): string {
  const [planes, lines, columns] = spec.kernel;
  const loaded = new Set<number>();
  const ofLine = (z: number, y: number) => {
    const first = (z * lines + y) * columns;
    const ofScore = (r: number, s: number) =>
      `  let z${r}_${s} = s${r}_${s}${spec.bias ? ` + ${biasOf(spec, r, s)}` : ""};`;
    return `${spec.bias ? lineBiases(spec, { z, y }, loaded) : ""}
${each(rows, (r) => each(columns, (x) => ofScore(r, first + x)))}`;
  };
  return `${spec.bias ? slides(spec) : ""}
${each(planes, (z) => each(lines, (y) => ofLine(z, y)))}`;
}

/** From logits to weights. */
function weights(r: number, places: number): string {
  const all = (name: string) => Array.from({ length: places }, (_, s) => `${name}${r}_${s}`);
  return `  let top${r} = ${tree(all("z"), (a, b) => `max(${a}, ${b})`)};
${each(places, (s) => `  let w${r}_${s} = exp2(z${r}_${s} - top${r});`)}
  let finish${r} = 1.0 / (${tree(all("w"), (a, b) => `(${a} + ${b})`)});`;
}

/** Pairs of pairs, so that no term waits for all the others. */
function tree(terms: readonly string[], join: (a: string, b: string) => string): string {
  const [only = ""] = terms;
  if (terms.length < 2) return only;
  const half = terms.length >> 1;
  return join(tree(terms.slice(0, half), join), tree(terms.slice(half), join));
}

function sums(rows: number, steps: readonly Step[]): string {
  return `  for (var quad = 0u; quad < p.quads; quad++) {
${each(rows, (r) => `    var o${r} = vec4f();`)}
${walk("v", steps, ({ row, place }, value) => `    o${row} += w${row}_${place} * ${value};`)}
${each(rows, (r) => `    if (here${r}) { y[y_at${r} + quad] = o${r} * finish${r}; }`)}
  }`;
}
