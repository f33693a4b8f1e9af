/** `y[i] = f(a[i], b[i], …)` for an expression over named inputs, in f32. */
import { type Activation, activationFunction } from "../wgsl/activation.ts";
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "../wgsl/kernel.ts";

/** How an input is spread over the output. */
export type Broadcast = "same" | "last" | "scalar";

/** What decides the text of the kernel. */
export interface PointwiseSpec {
  /** WGSL expression of the input and scalar names. */
  readonly expression: string;
  /** Names of the tensor inputs in binding order, and how each is spread. */
  readonly inputs: readonly (readonly [name: string, broadcast: Broadcast])[];
  /** Names of the numbers that are given at each call. */
  readonly scalars: readonly string[];
  /** Four elements an invocation. */
  readonly vector: boolean;
}

/** Invocations a workgroup. */
export const POINTWISE_THREADS = 64;

const ACTIVATIONS: readonly Activation[] = ["relu", "silu", "sigmoid", "gelu", "gelu_tanh"];

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function pointwise(spec: PointwiseSpec): Kernel {
  const { expression, inputs, scalars, vector } = spec;
  const type = vector ? "vec4f" : "f32";
  const used = ACTIVATIONS.filter((name) => new RegExp(`\\b${name}\\(`).test(expression));
  const index: Readonly<Record<Broadcast, string>> = {
    same: "i",
    last: "i % p.width",
    scalar: "0",
  };
  const element = (name: string, broadcast: Broadcast) =>
    broadcast === "scalar" ? `in_${name}[0]` : `in_${name}[${index[broadcast]}]`;
  const call = (lane: string) =>
    `evaluate(${
      [
        ...inputs.map(([name, broadcast]) =>
          `v_${name}${broadcast === "scalar" || !vector ? "" : `.${lane}`}`
        ),
        ...scalars.map((name) => `p.${name}`),
      ].join(", ")
    })`;
  return kernel({
    label: `pointwise ${expression}`,
    bindings: [
      ...inputs.map(([name, broadcast]) => ({
        name: `in_${name}`,
        type: broadcast === "scalar" ? "f32" : type,
        access: "read" as const,
      })),
      { name: "y", type, access: "read_write" },
    ],
    params: {
      count: "u32",
      width: "u32",
      ...Object.fromEntries(scalars.map((name) => [name, "f32" as const])),
    },
    workgroup: [POINTWISE_THREADS, 1, 1],
    declarations: `${used.map((name) => activationFunction(name, name)).join("")}
fn evaluate(${
      [...inputs.map(([name]) => name), ...scalars].map((name) => `${name}: f32`).join(", ")
    }) -> f32 {
  return ${expression};
}
`,
    body: `  let i = ${FLAT_WORKGROUP} * ${POINTWISE_THREADS}u + local;
  if (i >= p.count) { return; }
${
      each(inputs.length, (at) => {
        const [name, broadcast] = inputs[at] ?? ["", "same"];
        return `  let v_${name} = ${element(name, broadcast)};`;
      })
    }
  y[i] = ${vector ? `vec4f(${["x", "y", "z", "w"].map(call).join(", ")})` : call("x")};`,
  });
}
