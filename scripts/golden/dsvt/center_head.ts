/** `CenterHead` over a stored map. */
import { CenterHead, officialCenterHead } from "@vicinity/dsvt";
import type { GoldenCase } from "../golden_case.ts";
import { channelsFirst, joined } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { detections, frameOf, inputsOf, mapsOf } from "./head_case.ts";

/** All branches everywhere, and the boxes, for which most branches look at few places only. */
export async function* runCenterHead(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using _scope = gpu.scope();
  const head = officialCenterHead(golden.json("config"));
  using loaded = await loadNetwork(
    gpu,
    golden,
    (parameters, store) =>
      new CenterHead(parameters, store.at("dense_head"), inputsOf(golden), {
        ...frameOf(golden),
        head,
      }),
  );
  const maps = await mapsOf(gpu, golden);
  const scans = maps.map((map) => loaded.network.maps([map]));
  for (const name of golden.names("mid.head")) {
    const [, group, branch = ""] = /^mid\.head(\d+)\.(\w+)$/.exec(name) ?? [];
    const tensors = scans.flatMap((groups) => groups[Number(group)]?.[branch] ?? []);
    const read = await gpu.read(tensors);
    const values = read.map((map, scan) => channelsFirst(map, tensors[scan]?.shape[3] ?? 1));
    yield { name, values: joined(values) };
  }
  yield* detections(golden, loaded.network, maps);
}
