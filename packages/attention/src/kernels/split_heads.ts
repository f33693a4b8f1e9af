/**
 * Rows to heads: `y[h, n, j] = x[n, h·d + j]`, zero for j ≥ d, with adjacent pairs turned by the
 * angle of their row: (a, b) -> (a cos − b sin, a sin + b cos); or with each four channels mixed with
 * the four beside them: `y[j] = x[j] own[j] + x[j ⊕ 4] other[j]`.
 */
import { type Kernel, kernel } from "@vicinity/tensor";

/** What decides the text of the kernel. */
export interface SplitHeadsSpec {
  /** Tables of cosines and sines turn pairs, or tables of factors mix fours. */
  readonly rotary: "none" | "pairs" | "fours";
  /** Heads are a multiple of 4 wide, so that rows can be read in vectors. */
  readonly vector: boolean;
}

/** Invocations a workgroup; each moves one head of one token, so that nothing is divided. */
export const SPLIT_HEADS_THREADS = 64;

/**
 * Builds the kernel. Its grid is (tokens by the workgroup, heads).
 *
 * @param spec What decides its text.
 * @returns The kernel.
 */
export function splitHeads({ rotary, vector }: SplitHeadsSpec): Kernel {
  const read = (name: string, type: string) => ({ name, type, access: "read" as const });
  const table = rotary === "fours" ? "vec4f" : vector ? "vec2f" : "f32";
  return kernel({
    label: rotary === "none" ? "split heads" : `split heads, ${rotary}`,
    bindings: [
      read("x", vector ? "vec4f" : "f32"),
      ...(rotary === "none" ? [] : [read("cosines", table), read("sines", table)]),
      { name: "y", access: "read_write", type: "vec4f" },
    ],
    params: { tokens: "u32", heads: "u32", width: "u32", quads: "u32" },
    workgroup: [SPLIT_HEADS_THREADS, 1, 1],
    body: `  let token = wid.x * ${SPLIT_HEADS_THREADS}u + local;
  let head = wid.y;
  if (token >= p.tokens) { return; }
  for (var quad = 0u; quad < p.quads; quad++) {
${vector ? vectorLoads(rotary) : scalarLoads(rotary)}
    y[(head * p.tokens + token) * p.quads + quad] = ${RESULT[rotary]};
  }`,
  });
}

const RESULT: Readonly<Record<SplitHeadsSpec["rotary"], string>> = {
  none: "v",
  pairs: `vec4f(
      v.x * c.x - v.y * s.x, v.x * s.x + v.y * c.x,
      v.z * c.y - v.w * s.y, v.z * s.y + v.w * c.y)`,
  fours: "v * c + other * s",
};

function vectorLoads(rotary: SplitHeadsSpec["rotary"]): string {
  const start = "(token * p.heads + head) * p.quads";
  const other = `
  let other = x[${start} + min(quad ^ 1u, p.quads - 1u)];`;
  return `  let v = x[${start} + quad];${
    rotary === "none" ? "" : `${rotary === "fours" ? other : ""}
  let turn = token * p.quads + quad;
  let c = cosines[turn];
  let s = sines[turn];`
  }`;
}

function scalarLoads(rotary: SplitHeadsSpec["rotary"]): string {
  return `  let start = (token * p.heads + head) * p.width + quad * 4u;
  let whole = quad * 4u + 2u < p.width;
  let end = select(start + 1u, start + 3u, whole);
  let v = vec4f(x[start], x[start + 1u], select(vec2f(), vec2f(x[end - 1u], x[end]), whole));${
    rotary === "pairs"
      ? `
  let turn = token * (p.width / 2u) + quad * 2u;
  let second = min(turn + 1u, p.tokens * (p.width / 2u) - 1u);
  let c = vec2f(cosines[turn], cosines[second]);
  let s = vec2f(sines[turn], sines[second]);`
      : ""
  }`;
}
