/** Weights of the fused keys: `fcs`, `single_heads` and `local_convs` of all groups together. */
import type { FusionHeads, FusionWeights } from "@vicinity/attention";
import type { Parameter, Parameters, Weight, WeightStore } from "@vicinity/checkpoint";
import type { Tensor } from "@vicinity/tensor";
import { pickRows } from "@vicinity/vision";
import { paddedRange } from "./channel_groups.ts";

const TAPS = 9;

/** Reads values of one group, laid out for the kernels. */
type Reader = () => Promise<Float32Array>;

/** The weights of {@link FusionWeights}, of one group. */
type GroupReaders = Readonly<Record<keyof FusionWeights, Reader>>;

/** Weights of one or two groups. */
export class Fusion {
  readonly #tensors: Readonly<Record<keyof FusionWeights, Parameter<Tensor>>>;

  /**
   * Declares the weights.
   *
   * @param parameters Collects them.
   * @param store The attention layer.
   * @param groups Number of groups.
   * @param extents Heads of a group.
   */
  constructor(parameters: Parameters, store: WeightStore, groups: number, extents: FusionHeads) {
    const readers = Array.from(
      { length: groups },
      (_, group) => groupReaders(store, group, extents),
    );
    const joined = (name: keyof FusionWeights) =>
      parameters.derived(`${store.path} ${name}`, async () => {
        const parts = await Promise.all(readers.map((reader) => reader[name]()));
        const [{ length } = []] = parts;
        const values = new Float32Array(groups * length);
        for (const [group, part] of parts.entries()) values.set(part, group * length);
        return parameters.gpu.tensor([groups, length], values);
      });
    this.#tensors = {
      weight: joined("weight"),
      bias: joined("bias"),
      filters: joined("filters"),
      filterBias: joined("filterBias"),
    };
  }

  /** The weights on the GPU. */
  get value(): FusionWeights {
    const { weight, bias, filters, filterBias } = this.#tensors;
    return {
      weight: weight.value,
      bias: bias.value,
      filters: filters.value,
      filterBias: filterBias.value,
    };
  }
}

function groupReaders(
  store: WeightStore,
  group: number,
  { heads, width }: FusionHeads,
): GroupReaders {
  const layer = (name: string, output: number): Layer => {
    const own = store.at(name).at(group);
    return { weight: own.get("weight", [output, width]), bias: own.get("bias", [output]) };
  };
  const [first, second] = [layer("fcs", width), layer("single_heads", 2 * width)];
  const conv = store.at("local_convs").at(group);
  const filters = conv.get("weight", [heads * width, 1, 3, 3]);
  const filterBias = conv.get("bias", [heads * width]);
  // Keys first, values behind them, each with zeros up to the width that the kernels store.
  const outputs = [...paddedRange(0, width), ...paddedRange(width, width)];
  const channels = Array.from({ length: heads }, (_, head) => paddedRange(head * width, width))
    .flat();
  return {
    weight: async () =>
      transposed(pickRows(await product(first, second, width), width, outputs), width),
    bias: async () => pickRows(await biasOf(first, second, width), 1, outputs),
    filters: async () => transposed(pickRows(await filters.float32(), TAPS, channels), TAPS),
    filterBias: async () => pickRows(await filterBias.float32(), 1, channels),
  };
}

/** A linear layer, `[out, in]`. */
interface Layer {
  readonly weight: Weight;
  readonly bias: Weight;
}

/** Two linear layers in a row as one, in double precision. */
async function product(first: Layer, second: Layer, width: number): Promise<Float32Array> {
  const [inner, outer] = [await first.weight.float32(), await second.weight.float32()];
  return Float32Array.from({ length: outer.length }, (_, at) => {
    const [row, column] = [Math.floor(at / width), at % width];
    let sum = 0;
    for (let m = 0; m < width; m++) {
      sum += (outer[row * width + m] ?? 0) * (inner[m * width + column] ?? 0);
    }
    return sum;
  });
}

async function biasOf(first: Layer, second: Layer, width: number): Promise<Float32Array> {
  const [inner, outer] = [await first.bias.float32(), await second.weight.float32()];
  return (await second.bias.float32()).map((own, row) =>
    inner.reduce((sum, value, m) => sum + value * (outer[row * width + m] ?? 0), own)
  );
}

/** `[rows, width]` to `[width, rows]`. */
function transposed(values: Float32Array, width: number): Float32Array {
  const rows = values.length / width;
  return values.map((_, at) => values[(at % rows) * width + Math.floor(at / rows)] ?? 0);
}
