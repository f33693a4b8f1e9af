import assert from "node:assert/strict";
import { loadNetwork } from "@vicinity/checkpoint";
import { type Gpu, open, type Tensor } from "@vicinity/tensor";
import { ConfigError } from "@vicinity/vision";
import { assertClose, unitValues } from "@vicinity/tensor/testing";
import { seededWeights } from "../../vision/src/testing/seeded_weights.ts";
import { TransFusionHead, type TransFusionHeadFrame } from "./transfusion_head.ts";

const SIDE = 9;

const FRAME: TransFusionHeadFrame = {
  classes: ["Vehicle", "Pedestrian", "Cyclist"],
  range: { min: [-9, -9, -2], max: [9, 9, 2] },
  voxelSize: [1, 1, 4],
  head: {
    kind: "transfusion",
    classes: 3,
    proposals: 21,
    hiddenChannels: 12,
    heads: 2,
    feedForward: 16,
    activation: "gelu",
    nmsKernel: 3,
    queryRadius: 4,
    biasBeforeNorm: false,
    heatmapConvs: 2,
    branches: [
      { name: "center", channels: 2, convs: 2 },
      { name: "height", channels: 1, convs: 1 },
      { name: "dim", channels: 3, convs: 3 },
      { name: "rot", channels: 2, convs: 2 },
    ],
    stride: 2,
    dataset: "Waymo",
    scoreThreshold: 0,
    centerRange: [-80, -80, -10, 80, 80, 10],
    nms: { before: 1000, after: 100 },
  },
};

function load(gpu: Gpu, inputs: readonly number[], frame = FRAME) {
  return loadNetwork(
    seededWeights(),
    (parameters, store) => new TransFusionHead(parameters, store, inputs, frame),
    { gpu },
  );
}

/** Slices of a map. */
function slices(gpu: Gpu, inputs: readonly number[]): Tensor[] {
  const all = inputs.reduce((sum, count) => sum + count, 0);
  const values = unitValues(SIDE * SIDE * all, 7).map((value) => 4 * value - 2);
  return inputs.map((count, index) => {
    const start = inputs.slice(0, index).reduce((sum, other) => sum + other, 0);
    return gpu.tensor(
      [1, SIDE, SIDE, count],
      Float32Array.from(
        { length: SIDE * SIDE * count },
        (_, at) => values[Math.floor(at / count) * all + start + at % count] ?? 0,
      ),
    );
  });
}

async function outputs(head: TransFusionHead, maps: readonly Tensor[]) {
  const tensors = head.forward(maps);
  const [first] = maps;
  const read = await first?.gpu.read(Object.values(tensors)) ?? [];
  return Object.fromEntries(Object.keys(tensors).map((name, at) => [name, read[at] ?? []]));
}

Deno.test("a map in slices gives what the whole map gives, also inside a plan", async () => {
  using gpu = await open({ defaultLimits: true });
  using _scope = gpu.scope();
  using whole = await load(gpu, [10]);
  using parts = await load(gpu, [4, 6]);
  const expected = await outputs(whole.network, slices(gpu, [10]));
  const found = await outputs(parts.network, slices(gpu, [4, 6]));
  assert.equal(expected["logits"]?.length, 21);
  using plan = gpu.plan({
    name: "head",
    inputs: { map: { shape: [1, SIDE, SIDE, 10] } },
    run: ({ map }) => whole.network.forward([map]),
  });
  const [map] = slices(gpu, [10]);
  assert(map);
  const planned = plan.run({ map });
  const read = await gpu.read(Object.values(planned));
  for (const [name, values] of Object.entries(expected)) {
    assertClose(found[name] ?? [], values, 1e-4, name);
    assertClose(read[Object.keys(planned).indexOf(name)] ?? [], values, 1e-6, name);
  }
});

Deno.test("vehicles at the border are no proposals, small things are", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  using loaded = await load(gpu, [10]);
  const { logits = [], classIds = [], places = [] } = await outputs(
    loaded.network,
    slices(gpu, [10]),
  );
  const atBorder = (place: number) =>
    [0, SIDE - 1].some((end) => Math.floor(place / SIDE) === end || place % SIDE === end);
  const classesAtBorder = new Set(
    Array.from(places, (place, at) => ({ place, classId: classIds[at], logit: logits[at] ?? NaN }))
      .filter(({ place, logit }) => atBorder(place) && logit > -1e30)
      .map(({ classId }) => classId),
  );
  assert(classesAtBorder.size > 0 && !classesAtBorder.has(0), [...classesAtBorder].join());
});

Deno.test("a map may have fewer places than proposals, most of them nothing", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  const head = { ...FRAME.head, proposals: 500 };
  using loaded = await load(gpu, [10], { ...FRAME, head });
  const found = await outputs(loaded.network, slices(gpu, [10]));
  assert.equal(found["logits"]?.length, 3 * SIDE * SIDE);
  const boxes = loaded.network.decode(found, { columns: SIDE });
  assert(boxes.length > 0 && boxes.length <= 2 * SIDE * SIDE + SIDE * SIDE / 4);
  assert(boxes.every(({ score }) => score > 0 && score < 1));
  assert.deepEqual(loaded.network.decode({}, { columns: SIDE }), []);
});

Deno.test("boxes stand below their upper face, at places whose rows are x", async () => {
  using gpu = await open();
  using _scope = gpu.scope();
  using loaded = await load(gpu, [10]);
  const [box, ...others] = loaded.network.decode({
    logits: [0],
    classIds: [2],
    places: [3 * SIDE + 5],
    center: [0.25, -0.25],
    height: [1],
    dim: [Math.log(4), 0, Math.log(3)],
    rot: [1, 0],
    heatmap: [9, 9, 0],
  }, { columns: SIDE });
  assert.deepEqual(others, []);
  assertClose(box?.center ?? [], [3.75 * 2 - 9, 5.25 * 2 - 9, 1 - 1.5], 1e-9, "centre");
  assertClose(box?.size ?? [], [4, 1, 3], 1e-9, "size");
  assertClose([box?.heading ?? NaN, box?.score ?? NaN], [Math.PI / 2, 0.25], 1e-9, "heading");
  assert.equal(box?.classId, 2);
});

Deno.test("maps that are not square are refused with their extents", async () => {
  using gpu = await open();
  const range = { min: [-9, -18, -2], max: [9, 18, 2] } as const;
  await assert.rejects(load(gpu, [10], { ...FRAME, range }), (error) => {
    assert(error instanceof ConfigError);
    assert.match(error.message, /9 x 18/);
    return true;
  });
});
