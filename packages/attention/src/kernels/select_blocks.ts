/**
 * Which windows belong together: means of queries and keys over each window, then for each window
 * the largest products with the others' means.
 */
import { each, FLAT_WORKGROUP, type Kernel, kernel } from "@vicinity/tensor";
import { NO_TOKEN } from "./access.ts";

/** Invocations a workgroup of both kernels. */
export const SELECT_THREADS = 64;

/**
 * Means over windows: `y[z, w] = mean of x[z, n] over the tokens n of window w`.
 *
 * @returns The kernel; an invocation makes four values.
 */
export function windowMeans(): Kernel {
  return kernel({
    label: "window means",
    bindings: [
      { name: "x", type: "vec4f", access: "read" },
      { name: "windows", type: "u32", access: "read" },
      { name: "y", type: "vec4f", access: "read_write" },
    ],
    params: { count: "u32", tokens: "u32", windows: "u32", length: "u32", quads: "u32" },
    workgroup: [SELECT_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${SELECT_THREADS}u + local;
  if (index >= p.count) { return; }
  let quad = index % p.quads;
  let window = (index / p.quads) % p.windows;
  let z = index / (p.quads * p.windows);
  var sum = vec4f();
  var present = 0.0;
  for (var i = 0u; i < p.length; i++) {
    let token = windows[window * p.length + i];
    if (token != ${NO_TOKEN}) {
      sum += x[(z * p.tokens + token) * p.quads + quad];
      present += 1.0;
    }
  }
  y[index] = sum / present;`,
  });
}

/** What decides the text of {@link selectBlocks}. */
export interface SelectBlocksSpec {
  /** Width of a head in fours. */
  readonly quads: number;
}

/**
 * For each head and window the own window, then the `picked` others with the largest product of
 * means, largest first, equal ones by lower index. Each is the largest of those behind the one
 * before it in this order.
 *
 * @param spec What decides its text.
 * @returns The kernel; an invocation makes one list.
 */
export function selectBlocks({ quads }: SelectBlocksSpec): Kernel {
  return kernel({
    label: "select blocks",
    bindings: [
      { name: "mean_q", type: "vec4f", access: "read" },
      { name: "mean_k", type: "vec4f", access: "read" },
      { name: "blocks", type: "u32", access: "read_write" },
    ],
    params: { count: "u32", windows: "u32", picked: "u32" },
    workgroup: [SELECT_THREADS, 1, 1],
    body: `  let index = ${FLAT_WORKGROUP} * ${SELECT_THREADS}u + local;
  if (index >= p.count) { return; }
  let window = index % p.windows;
  let first = index - window;
${each(quads, (c) => `  let q${c} = mean_q[index * ${quads}u + ${c}u];`)}
  let list = index * (p.picked + 1u);
  blocks[list] = window;
  var last = 3.0e38;
  var last_at = 0u;
  for (var pick = 1u; pick <= p.picked; pick++) {
    var best = -3.0e38;
    var best_at = window;
    for (var other = 0u; other < p.windows; other++) {
      let product = ${
      Array.from({ length: quads }, (_, c) => `q${c} * mean_k[(first + other) * ${quads}u + ${c}u]`)
        .join(" + ")
    };
      let s = product.x + product.y + product.z + product.w;
      let behind = s < last || (s == last && other > last_at);
      if (other != window && behind && s > best) {
        best = s;
        best_at = other;
      }
    }
    blocks[list + pick] = best_at;
    last = best;
    last_at = best_at;
  }`,
  });
}
