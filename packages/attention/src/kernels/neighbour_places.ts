/**
 * What attention over patches adds to its scores: the bias of a place of a window where it holds a
 * neighbour of the query in a lane, and what hides it elsewhere. Tiles that lie alike share a table.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";
import { mapTriple } from "../neighbourhood.ts";
import { HIDDEN } from "./access.ts";
import { biasIndex, NEIGHBOUR_PARAMS, paramVector, vector } from "../wgsl/neighbour_grid.ts";
import { PATCH_PARAMS, patchDeclarations, type PatchSpec, rowsOf } from "./neighbour_patches.ts";

/** What decides the text of the kernel. */
export interface PlacesSpec extends PatchSpec {
  /** There are biases. */
  readonly bias: boolean;
}

const { classes_z, classes_y, classes_x, lengths_z, lengths_y, lengths_x } = PATCH_PARAMS;

/** Parameters of the kernel. */
export const PLACES_PARAMS = {
  ...NEIGHBOUR_PARAMS,
  ...{ classes_z, classes_y, classes_x, lengths_z, lengths_y, lengths_x },
  /** Quads of the table. */
  size: "u32",
  /** Elements of the bias from one head to the next. */
  bias_head_stride: "u32",
} as const;

/** Invocations of a workgroup. */
export const PLACES_WORKGROUP = 64;

/**
 * Builds the kernel; an invocation makes a quad.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function neighbourPlaces(spec: PlacesSpec): Kernel {
  const { patch, stack, window, whole, bias } = spec;
  const lanes = patch[0] * patch[1] * patch[2];
  const [rows, places] = [rowsOf(spec), window[0] * window[1] * window[2]];
  const quadsOfPlaces = Math.ceil(places / 4);
  return kernel({
    label: "neighbour_places",
    bindings: [
      ...(bias ? [{ name: "bias", type: "f32", access: "read" as const }] : []),
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: PLACES_PARAMS,
    workgroup: [PLACES_WORKGROUP, 1, 1],
    declarations: `${patchDeclarations(spec)}const PATCH = ${vector(patch)};
const STACK = ${vector(stack)};
const STEP = ${vector(mapTriple((axis) => whole[axis] ? 0 : patch[axis]))};
// Exact below four million, and many times faster on a CPU than a division of integers.
fn quotient(a: u32, b: u32) -> u32 { return u32((f32(a) + 0.5) / f32(b)); }
fn value_of(at: Place, g: vec3u, first_place: vec3u, place: u32, head: u32) -> f32 {
  let index = key_index(base_of(at), first_place + split_index(min(place, ${
      places - 1
    }u), WINDOW), at.count);
  let first = vec3i(first_neighbour(g, at.count));
  let near = all(index >= first) & all(index < first + vec3i(KERNEL)) & (place < ${places}u);
${
      bias
        ? `  let offset = vec3u(index + vec3i(KERNEL) - 1 - vec3i(g));
  return select(${HIDDEN}, bias[head * p.bias_head_stride + select(0u, ${
          biasIndex(spec.kernel, "offset")
        }, near)], near);`
        : `  return select(${HIDDEN}, 0.0, near);`
    }
}
`,
    body: `  let flat = ${FLAT_WORKGROUP} * ${PLACES_WORKGROUP}u + local;
  if (flat >= p.size) { return; }
  let lane = flat % ${lanes}u;
  let quad = flat / ${lanes}u % ${quadsOfPlaces}u;
  let row = flat / ${lanes * quadsOfPlaces}u % ${rows}u;
  let table = flat / ${lanes * quadsOfPlaces * rows}u;
  let classes = ${paramVector("classes")};
  let lengths = ${paramVector("lengths")};
  let extents = classes * lengths;
  let plane = quotient(table, extents.z);
  let volume = quotient(plane, extents.y);
  let head = quotient(volume, extents.x);
  let index = vec3u(volume - head * extents.x, plane - volume * extents.y, table - plane * extents.z);
  let kept = vec3u(
    quotient(index.x, lengths.x),
    quotient(index.y, lengths.y),
    quotient(index.z, lengths.z),
  );
  let tile = select(kept + ${paramVector("across")} - classes, kept, kept <= LOW);
  let at = Place(vec3u(), tile, tile * TILE, longest() - (index - kept * lengths));
  let above = split_index(row, STACK);
  let g = min(at.first + above * PATCH + split_index(lane, PATCH), at.count - 1u);
${each(4, (i) => `  let value${i} = value_of(at, g, above * STEP, quad * 4u + ${i}u, head);`)}
  y[flat] = vec4f(value0, value1, value2, value3);`,
  });
}
