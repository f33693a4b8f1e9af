import assert from "node:assert/strict";
import { loadNetwork } from "@vicinity/checkpoint";
import { type Gpu, open, type Tensor } from "@vicinity/tensor";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { seededWeights } from "../../vision/src/testing/seeded_weights.ts";
import { CenterHead, type CenterHeadFrame } from "./center_head.ts";
import type { BranchConfig } from "./head_config.ts";

const branch = (name: string, channels: number, convs: number): BranchConfig => ({
  name,
  channels,
  convs,
});

/** Two groups, branches of one to three convolutions. */
const FRAME: CenterHeadFrame = {
  classes: ["car", "truck", "person"],
  range: { min: [-10, -6, -2], max: [10, 6, 2] },
  voxelSize: [0.5, 0.5, 4],
  head: {
    kind: "center",
    groups: [["person"], ["car", "truck", "boat"]],
    sharedChannels: 8,
    biasBeforeNorm: true,
    heatmapConvs: 2,
    branches: [
      branch("center", 2, 1),
      branch("center_z", 1, 2),
      branch("dim", 3, 3),
      branch("rot", 2, 2),
    ],
    stride: 2,
    scoreThreshold: 0.1,
    centerRange: [-80, -80, -10, 80, 80, 10],
    maxObjects: 60,
    nms: { type: "nms_gpu", thresholds: [0.2], before: [50], after: [20] },
  },
};

const MAP = [1, 6, 10] as const;

function load(gpu: Gpu, inputs: readonly number[], frame = FRAME) {
  return loadNetwork(
    seededWeights(),
    (parameters, store) => new CenterHead(parameters, store, inputs, frame),
    { gpu },
  );
}

/** A map in slices of channels, of the same values however it is cut. */
function slices(gpu: Gpu, inputs: readonly number[]): Tensor[] {
  const all = inputs.reduce((sum, count) => sum + count, 0);
  const area = MAP[1] * MAP[2];
  const values = unitValues(area * all, 5).map((value) => 4 * value - 2);
  return inputs.map((count, index) => {
    const start = inputs.slice(0, index).reduce((sum, other) => sum + other, 0);
    return gpu.tensor(
      [...MAP, count],
      Float32Array.from(
        { length: area * count },
        (_, at) => values[Math.floor(at / count) * all + start + at % count] ?? 0,
      ),
    );
  });
}

/** Outputs by name. */
async function outputs(head: CenterHead, maps: readonly Tensor[]) {
  const tensors = head.forward(maps);
  const [first] = maps;
  const read = await first?.gpu.read(Object.values(tensors)) ?? [];
  return Object.fromEntries(Object.keys(tensors).map((name, at) => [name, read[at] ?? []]));
}

Deno.test("looking at the surest places gives what looking everywhere gives there", async () => {
  using gpu = await open({ defaultLimits: true });
  using _scope = gpu.scope();
  using loaded = await load(gpu, [12]);
  const maps = slices(gpu, [12]);
  const found = await outputs(loaded.network, maps);
  for (const [group, tensors] of loaded.network.maps(maps).entries()) {
    const places = [...found[`places.${group}`] ?? []];
    const classIds = [...found[`classIds.${group}`] ?? []];
    assert.equal(places.length, 60);
    // Of the group with one class that is every place, corners and borders too.
    if (group === 0) assert.equal(new Set(places).size, 60);
    for (const [name, tensor] of Object.entries(tensors)) {
      const [everywhere = []] = await gpu.read([tensor]);
      const channels = tensor.shape[3] ?? 1;
      const there = name === "hm"
        ? places.map((place, at) => everywhere[place * channels + (classIds[at] ?? 0)] ?? NaN)
        : places.flatMap((place) => [
          ...everywhere.slice(place * channels, (place + 1) * channels),
        ]);
      const own = found[`${name === "hm" ? "logits" : name}.${group}`] ?? [];
      assertClose(own, there, 1e-5, `${name} of group ${group}`);
    }
    const logits = found[`logits.${group}`] ?? [];
    assert.deepEqual([...logits], [...logits].sort((a, b) => b - a));
  }
});

Deno.test("a map in slices of channels gives what the whole map gives", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  const found = [];
  for (const inputs of [[12], [4, 4, 4], [7, 5]]) {
    using loaded = await load(gpu, inputs);
    found.push(await outputs(loaded.network, slices(gpu, inputs)));
  }
  const [whole, ...others] = found;
  for (const other of others) {
    for (const [name, values] of Object.entries(whole ?? {})) {
      assertClose(other[name] ?? [], values, 1e-5, name);
    }
  }
});

Deno.test("boxes have the classes of their group and stand where the map says", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  using loaded = await load(gpu, [12]);
  const values = (count: number, value: number) => Array(count).fill(value);
  const one = (group: number, place: number, classId: number) => ({
    [`logits.${group}`]: [2],
    [`classIds.${group}`]: [classId],
    [`places.${group}`]: [place],
    [`center.${group}`]: [0.25, 0.5],
    [`center_z.${group}`]: [-1],
    [`dim.${group}`]: values(3, Math.log(2)),
    [`rot.${group}`]: [0, -1],
  });
  const options = { columns: 10 };
  const [person, truck, ...others] = loaded.network.decode(
    { ...one(0, 13, 0), ...one(1, 59, 1) },
    options,
  );
  assert.deepEqual(others, []);
  // Place 13 is column 3, row 1; places are 1 m wide.
  assertClose(person?.center ?? [], [3.25 - 10, 1.5 - 6, -1], 1e-9, "centre");
  assertClose(person?.size ?? [], [2, 2, 2], 1e-9, "size");
  assertClose([person?.heading ?? NaN], [-Math.PI / 2], 1e-9, "heading");
  assert.equal(person?.classId, 2);
  assert.equal(truck?.classId, 1);
  assertClose(truck?.center ?? [], [9.25 - 10, 5.5 - 6, -1], 1e-9, "centre");
  assertClose([truck?.score ?? NaN], [1 / (1 + Math.exp(-2))], 1e-9, "score");
});

Deno.test("nothing may be found, and a map may have fewer places than are looked for", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  using loaded = await load(gpu, [12], {
    ...FRAME,
    head: { ...FRAME.head, maxObjects: 1000, scoreThreshold: 1 },
  });
  const found = await outputs(loaded.network, slices(gpu, [12]));
  assert.equal(found["logits.0"]?.length, 60);
  assert.equal(found["logits.1"]?.length, 120);
  assert.deepEqual(loaded.network.decode(found, { columns: 10 }), []);
  assert.deepEqual(loaded.network.decode({}, { columns: 10 }), []);
});
