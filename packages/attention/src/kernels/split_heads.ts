/**
 * Rows to heads: `y[h, n, j] = x[n, h·d + j]`, zero for j ≥ d, with adjacent pairs turned by the
 * angle of their row: (a, b) -> (a cos − b sin, a sin + b cos).
 */
import { type Kernel, kernel } from "@vicinity/tensor";

/** What decides the text of the kernel. */
export interface SplitHeadsSpec {
  /** Pairs are turned by tables of cosines and sines. */
  readonly rotary: boolean;
}

/** Invocations a workgroup; each stores four values. */
export const SPLIT_HEADS_THREADS = 64;

/**
 * Builds the kernel.
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function splitHeads({ rotary }: SplitHeadsSpec): Kernel {
  const read = { access: "read" as const, type: "f32" };
  const turned = `  let turn = token * (p.width / 2u) + quad * 2u;
  let second = min(turn + 1u, arrayEnd);
  let c = vec2f(cosines[turn], cosines[second]);
  let s = vec2f(sines[turn], sines[second]);
  v = vec4f(v.x * c.x - v.y * s.x, v.x * s.x + v.y * c.x, v.z * c.y - v.w * s.y, v.z * s.y + v.w * c.y);`;
  return kernel({
    label: rotary ? "split heads, rotary" : "split heads",
    bindings: [
      { name: "x", ...read },
      ...(rotary ? [{ name: "cosines", ...read }, { name: "sines", ...read }] : []),
      { name: "y", access: "read_write", type: "vec4f" },
    ],
    params: { tokens: "u32", heads: "u32", width: "u32", quads: "u32" },
    workgroup: [SPLIT_HEADS_THREADS, 1, 1],
    body: `  let index = (wid.x + wid.y * 32768u) * ${SPLIT_HEADS_THREADS}u + local;
  if (index >= p.heads * p.tokens * p.quads) { return; }
  let quad = index % p.quads;
  let token = (index / p.quads) % p.tokens;
  let head = index / (p.quads * p.tokens);
  let start = (token * p.heads + head) * p.width + quad * 4u;
  let whole = quad * 4u + 2u < p.width;
  let end = select(start + 1u, start + 3u, whole);
  let pair = vec2f(x[start], x[start + 1u]);
  var v = vec4f(pair, select(vec2f(), vec2f(x[end - 1u], x[end]), whole));
${rotary ? `  let arrayEnd = p.tokens * (p.width / 2u) - 1u;\n${turned}` : ""}
  y[index] = v;`,
  });
}
