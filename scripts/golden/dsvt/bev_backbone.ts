/** `BaseBEVResBackbone` over a stored map. */
import { BaseBevResBackbone, officialBev } from "@vicinity/dsvt";
import { concat, type Tensor } from "@vicinity/tensor";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, channelsLast, joined, samplesOf } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";

/** The joined map, and that behind each level. */
export async function* runBevBackbone(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const input = await golden.tensor("input.spatial_features");
  const [batch = 0, channels = 0, height = 0, width = 0] = input.shape;
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new BaseBevResBackbone(
        parameters,
        store.at("backbone_2d"),
        channels,
        officialBev(golden.json("config")),
      ),
  );
  const pixels = Uint32Array.from({ length: batch * height * width }, (_, place) => place);
  const rows = Float32Array.from(
    joined(samplesOf(input, 3).map((sample) => channelsLast(sample).values)),
  );
  const { levels, slices } = loaded.network.forward(
    gpu.tensor([pixels.length, channels], rows),
    gpu.tensor([batch, height, width], pixels),
  );
  const named: [string, Tensor][] = [
    ["output.spatial_features_2d", concat(slices, 3)],
    ...levels.map((map, level): [string, Tensor] => [`mid.block${level}`, map]),
  ];
  const read = await gpu.read(named.map(([, map]) => map));
  for (const [index, [name, { shape }]] of named.entries()) {
    yield { name, values: planesOf(read[index] ?? [], shape) };
  }
}

/** `[batch, y, x, channels]` as files hold it, `[batch, channels, y, x]`. */
function planesOf(values: ArrayLike<number>, shape: readonly number[]): Float64Array {
  const [batch = 1, height = 1, width = 1, channels = 1] = shape;
  const sample = { shape: [batch, height * width, channels], values: Float64Array.from(values) };
  return joined(samplesOf(sample, 2).map((map) => channelsFirst(map.values, channels)));
}
