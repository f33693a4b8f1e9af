/**
 * Our side of the comparison with other runtimes: the cases of a folder of peers, timed by that
 * folder's own function. Each call uploads the inputs, runs and reads the result, as the peers do.
 *
 * Usage: `deno run own.ts FOLDER`
 *
 * @module
 */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { attention, dense } from "@vicinity/attention";
import {
  conv2d,
  type Gpu,
  layerNorm,
  linear,
  open,
  packWeight,
  permute,
  type Plan,
  type Tensor,
} from "@vicinity/tensor";

/** An operand of a case. */
interface Operand {
  readonly dims: readonly number[];
  readonly data: Float32Array<ArrayBuffer>;
}

/** What `cases.ts` of the folder exports. */
interface Peers {
  allCases(): readonly Case[];
  bench(name: string, peer: Case, run: () => Promise<unknown>): Promise<void>;
}

interface Case {
  readonly name: string;
  readonly inputs: Readonly<Record<string, Operand>>;
}

type OnePlan = Plan<string, { y: Tensor }>;

/** Operands that stay on the GPU between calls, like the constants of the peers' graphs. */
const CONSTANT: ReadonlySet<string> = new Set(["w", "g", "b"]);

function transposed({ dims: [rows = 0, columns = 0], data }: Operand): Float32Array<ArrayBuffer> {
  return Float32Array.from(
    { length: data.length },
    (_, at) => data[at % rows * columns + Math.floor(at / rows)] ?? 0,
  );
}

/** Gives an input of a plan by its name. */
type Inputs = (name: string) => Tensor;

const OPERATIONS: Readonly<
  Record<string, (gpu: Gpu, operands: (name: string) => Operand) => (inputs: Inputs) => Tensor>
> = {
  matmul(gpu, operands) {
    const b = operands("b");
    const weight = packWeight(gpu, transposed(b), [b.dims[1] ?? 0, b.dims[0] ?? 0]);
    return (inputs) => linear(inputs("a"), weight);
  },
  conv2d(gpu, operands) {
    const { dims, data } = operands("w");
    const weight = packWeight(gpu, data, dims);
    return (inputs) => {
      const pixels = permute(inputs("x"), [0, 2, 3, 1]);
      return permute(conv2d(pixels, weight, { padding: 1 }), [0, 3, 1, 2]);
    };
  },
  layernorm(gpu, operands) {
    const [weight, bias] = [operands("g"), operands("b")].map(({ dims, data }) =>
      gpu.tensor(dims, data)
    );
    return (inputs) =>
      layerNorm(inputs("x"), weight && bias ? { weight, bias, eps: 1e-5 } : { eps: 1e-5 });
  },
  attention: () => (inputs) => {
    const mixed = attention(inputs("q"), inputs("k"), inputs("v"), dense(), { scale: 1 });
    return permute(mixed, [0, 2, 1, 3]);
  },
};

function makePlan(gpu: Gpu, { name, inputs }: Case): OnePlan {
  const operands = (key: string): Operand => {
    const found = inputs[key];
    if (!found) throw new Error(`Cannot run ${name}: it has no operand ${key}.`);
    return found;
  };
  const prepare = OPERATIONS[name.split(" ")[0] ?? ""];
  if (!prepare) throw new Error(`Cannot run ${name}: this comparison does not know it.`);
  const run = prepare(gpu, operands);
  const shapes = Object.entries(inputs).filter(([key]) => !CONSTANT.has(key));
  return gpu.plan({
    name,
    inputs: Object.fromEntries(shapes.map(([key, { dims }]) => [key, { shape: dims }])),
    run: (given: Record<string, Tensor>) => ({
      y: run((key) => given[key] ?? gpu.empty(operands(key).dims)),
    }),
  });
}

const { allCases, bench }: Peers = await import(
  pathToFileURL(join(Deno.args[0] ?? ".", "cases.ts")).href
);
using gpu = await open();
for (const peer of allCases()) {
  const plan = makePlan(gpu, peer);
  const values = Object.fromEntries(
    Object.entries(peer.inputs)
      .filter(([key]) => !CONSTANT.has(key))
      .map(([key, { data }]) => [key, data]),
  );
  await bench("vicinity", peer, async () => (await gpu.read([plan.run(values).y]))[0]);
  plan.dispose();
}
