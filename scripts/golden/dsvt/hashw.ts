/** Weights by the recipe "hashw" of the files of published detectors. */
import type { WeightSource } from "@vicinity/checkpoint";
import { fnv1a32 } from "@vicinity/simplegvr";
import { sizeOf } from "@vicinity/tensor";
import { GoldenError } from "../errors.ts";
import type { GoldenCase } from "../golden_case.ts";

/** Numbers in [0, 1) of the stream that a seed and a name open. */
function units(seed: number, name: string, count: number): Float64Array {
  const start = fnv1a32(`${seed}:${name}`);
  return Float64Array.from({ length: count }, (_, index) => {
    let x = (start + Math.imul(index, 0x9e3779b9)) >>> 0;
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
    return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32;
  });
}

/**
 * The weight of a name.
 *
 * @param seed Number of the recipe.
 * @param name Its full official key.
 * @param shape Its official shape.
 * @returns Its values.
 */
export function hashw(
  seed: number,
  name: string,
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const count = sizeOf(shape);
  const change = changeOf(name, shape, count);
  return Float32Array.from(units(seed, name, count), change);
}

function changeOf(name: string, shape: readonly number[], count: number) {
  if (name.endsWith("running_var")) return (u: number) => 0.5 + u;
  const centred = (factor: number, mean = 0) => (u: number) => mean + factor * (2 * u - 1);
  if (name.endsWith("weight") && shape.length >= 2) {
    const small = /position_embedding_head\.0|pfn_layers\.0/.test(name) ? 0.1 : 1;
    return centred(Math.sqrt(3 * (shape[0] ?? 1) / count) * small);
  }
  if (name.endsWith("weight")) return centred(0.2, 1);
  return centred(shape.length >= 2 ? 0.5 : 0.2);
}

/** A change of some weights, written as `names*=factor`, `names-offset` or `names=[values]`. */
type Change = (key: string, values: Float32Array) => void;

/** `hashw seed N`, the changes named behind it, and the case's `overrides`. */
const RECIPE = /^hashw seed (\d+), then:? (.*), then the overrides$/;
/** Names with alternatives in braces, an operation, and a number or a list. */
const CHANGE = /^([\w.{},]+?)(\*=|\*|-|=)(-?\d[\d.]*|\[[^\]]*\])$/;

/**
 * The weights of a case that stores none.
 *
 * @param golden The case.
 * @returns The source; it lists no keys.
 * @throws {GoldenError} If the recipe says something unknown.
 */
export function hashwSource(golden: GoldenCase): WeightSource {
  const [, seed = "", text = ""] = RECIPE.exec(golden.text("weights")) ?? [];
  const [, prefix = "dense_head.", list = text] =
    /^(dense_head\.[\w.]+?): (.*)$/.exec(text)?.map((part, at) => at === 1 ? `${part}.` : part) ??
      [];
  const changes = list.split(/, (?=[a-z])/).map((change) => changeIn(golden, change, prefix));
  const overrides = golden.json("overrides") as Readonly<Record<string, readonly number[]>>;
  const valuesOf = (key: string, shape: readonly number[]) => {
    const values = hashw(Number(seed), key, shape);
    for (const change of changes) change(key, values);
    values.set(overrides[key] ?? []);
    return values;
  };
  return {
    name: golden.text("weights"),
    keys: () => [],
    find: (key, shape = []) => ({
      dtype: "F32",
      shape,
      float32: () => Promise.resolve(valuesOf(key, shape)),
      chunks: async function* () {
        yield await Promise.resolve(new Uint8Array(valuesOf(key, shape).buffer));
      },
    }),
  };
}

function changeIn(golden: GoldenCase, text: string, prefix: string): Change {
  const [, names, operation, operand] = CHANGE.exec(text.trim()) ?? [];
  if (names === undefined || operation === undefined || operand === undefined) {
    throw new GoldenError(
      `Cannot run ${golden.path}: the recipe of its weights says "${text}", which is not understood.`,
    );
  }
  const keys = expanded(names).map((name) => prefix + name);
  const numbers = JSON.parse(operand) as number | number[];
  return (key, values) => {
    if (!keys.includes(key)) return;
    for (const [at, value] of values.entries()) {
      const number = typeof numbers === "number" ? numbers : numbers[at] ?? NaN;
      values[at] = operation === "=" ? number : operation === "-" ? value - number : value * number;
    }
  };
}

/** `a.{b,c}.d` as `a.b.d` and `a.c.d`. */
function expanded(names: string): string[] {
  const [, before = "", inside, after = ""] = /^(.*)\{(.*)\}(.*)$/.exec(names) ?? [];
  return inside === undefined
    ? [names]
    : inside.split(",").map((name) => `${before}${name}${after}`);
}
