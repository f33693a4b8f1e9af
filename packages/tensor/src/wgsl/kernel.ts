/** A kernel as text: bindings and parameters are declared here, bodies by the kernel families. */

/** Scalar types that a kernel parameter may have. */
export type ParamType = "u32" | "i32" | "f32";

/** A storage binding of a kernel. */
export interface Binding {
  /** Name of the variable in WGSL. */
  readonly name: string;
  /** Element type, for example `f32` or `vec4f`; the variable is an array of it. */
  readonly type: string;
  /** `read` or `read_write`; a buffer may not be bound both ways in one dispatch. */
  readonly access: "read" | "read_write";
}

/** What a kernel family writes. */
export interface KernelSource {
  /** Short name of the operation and variant, shown in profiles and errors. */
  readonly label: string;
  /** Storage bindings in order. */
  readonly bindings: readonly Binding[];
  /** Scalars given at each dispatch, read as `p.name`. */
  readonly params: Readonly<Record<string, ParamType>>;
  /** Invocations per workgroup. */
  readonly workgroup: readonly [number, number, number];
  /** Declarations at module scope: constants, workgroup variables, functions. */
  readonly declarations?: string;
  /**
   * Statements of the entry point. In scope: `gid`, `wid`, `lid` (vec3u), `local` (u32), `groups`
   * (vec3u, number of workgroups), and with subgroups `lane` and `lanes`.
   */
  readonly body: string;
  /** Optional shader features that the text needs. */
  readonly features?: readonly ("f16" | "subgroups")[];
}

/** A kernel ready for compilation. Pure data: the same source gives the same text. */
export interface Kernel {
  /** Short name of the operation and variant. */
  readonly label: string;
  /** WGSL text without `enable` lines, which differ between runtimes. */
  readonly code: string;
  /** One letter a binding: `r` read, `w` read_write. */
  readonly access: string;
  /** Parameter types in order. */
  readonly params: readonly ParamType[];
  /** Optional shader features that the text needs. */
  readonly features: readonly ("f16" | "subgroups")[];
  /** Invocations per workgroup. */
  readonly workgroup: readonly [number, number, number];
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
}

/** Bytes of the types that workgroup memory holds. */
const TYPE_BYTES: Readonly<Record<string, number>> = {
  f32: 4,
  u32: 4,
  i32: 4,
  vec4f: 16,
  vec4u: 16,
};

function workgroupBytes(label: string, declarations: string): number {
  let bytes = 0;
  for (const [, text = ""] of declarations.matchAll(/var<workgroup>([^;]*);/g)) {
    const [, type = "", count = ""] = text.match(/: array<(\w+), (\d+)>$/) ?? [];
    const each = TYPE_BYTES[type];
    if (each === undefined) {
      throw new TypeError(
        `Cannot count the memory of${text} in ${label}: declare an array of numbers.`,
      );
    }
    bytes += each * Number(count);
  }
  return bytes;
}

/** Largest number of parameter words: one slot of the uniform ring. */
export const MAX_PARAMS = 64;

/**
 * Builds the WGSL text of a kernel.
 *
 * @param source Bindings, parameters and body.
 * @returns The kernel.
 */
export function kernel(source: KernelSource): Kernel {
  const features = source.features ?? [];
  const names = Object.keys(source.params);
  if (names.length > MAX_PARAMS) throw new RangeError(`${source.label}: too many parameters`);
  const params = names.length === 0 ? "" : `struct Params {
${names.map((name) => `  ${name}: ${source.params[name]},`).join("\n")}
}
@group(1) @binding(0) var<uniform> p: Params;
`;
  const bindings = source.bindings.map((binding, index) =>
    `@group(0) @binding(${index}) var<storage, ${binding.access}> ${binding.name}: array<${binding.type}>;`
  ).join("\n");
  const subgroup = features.includes("subgroups")
    ? "  @builtin(subgroup_invocation_id) lane: u32,\n  @builtin(subgroup_size) lanes: u32,\n"
    : "";
  const code = `${bindings}
${params}${source.declarations ?? ""}
@compute @workgroup_size(${source.workgroup.join(", ")})
fn main(
  @builtin(global_invocation_id) gid: vec3u,
  @builtin(workgroup_id) wid: vec3u,
  @builtin(local_invocation_id) lid: vec3u,
  @builtin(local_invocation_index) local: u32,
  @builtin(num_workgroups) groups: vec3u,
${subgroup}) {
${source.body}
}
`;
  return {
    label: source.label,
    code,
    access: source.bindings.map(({ access }) => access === "read" ? "r" : "w").join(""),
    params: names.map((name) => source.params[name] ?? "u32"),
    features,
    workgroup: source.workgroup,
    workgroupBytes: workgroupBytes(source.label, source.declarations ?? ""),
  };
}

/**
 * Repeats a piece of text, one line each.
 *
 * @param count How often.
 * @param line Text for index i.
 * @returns The lines joined.
 */
export function each(count: number, line: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => line(index)).join("\n");
}

/** Workgroups along x of a flat grid; more spill to y. 65535 is WebGPU's limit. */
const FLAT_GRID_X = 32768;

/** WGSL expression for the flat workgroup index of a grid made by {@link flatGrid}. */
export const FLAT_WORKGROUP = `(wid.x + wid.y * ${FLAT_GRID_X}u)`;

/**
 * A grid of at least `workgroups` workgroups inside WebGPU's 65535 per dimension.
 *
 * @param workgroups How many are needed.
 * @returns Extents of the dispatch; the kernel must ignore the surplus.
 */
export function flatGrid(workgroups: number): [number, number, number] {
  return workgroups <= FLAT_GRID_X
    ? [workgroups, 1, 1]
    : [FLAT_GRID_X, Math.ceil(workgroups / FLAT_GRID_X), 1];
}

/** WebGPU's limit of workgroups along z. */
const MOST_LAYERS = 65535;

/** A stretch along z that one dispatch can cover. */
export interface GridLayers {
  /** Where it starts; kernels add it to `wid.z`. */
  readonly first: number;
  /** Extent of the dispatch along z. */
  readonly count: number;
}

/**
 * Cuts a grid along z into dispatches inside WebGPU's 65535, and short ones.
 *
 * @param layers Extent that is needed.
 * @param flops Floating-point operations of all layers together.
 * @param most Those that one dispatch may have, unless it is of a single layer: `gpu.work.dispatchFlops`.
 * @returns The stretches, one in all usual cases; none for none.
 */
export function gridLayers(layers: number, flops: number, most: number): GridLayers[] {
  const step = Math.max(1, Math.min(MOST_LAYERS, Math.floor(layers * (most / flops))));
  return Array.from({ length: Math.ceil(layers / step) }, (_, index) => {
    const first = index * step;
    return { first, count: Math.min(step, layers - first) };
  });
}
