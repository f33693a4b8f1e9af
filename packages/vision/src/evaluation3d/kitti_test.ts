import assert from "node:assert/strict";
import { assertClose } from "@vicinity/tensor/testing";
import type { Box3d } from "../boxes3d/box3d.ts";
import { readGoldenJson } from "../testing/golden_json.ts";
import { evaluateKitti, type ImageBox, type KittiFound, type KittiTruth } from "./kitti.ts";

interface StoredThing {
  readonly name: string;
  readonly box: readonly [number, number, number, number, number, number, number];
  readonly bbox: ImageBox;
}

interface Stored {
  readonly frames: readonly {
    readonly gt: readonly (StoredThing & {
      readonly truncated: number;
      readonly occluded: number;
    })[];
    readonly det: readonly (StoredThing & { readonly score: number })[];
  }[];
  readonly result: Readonly<Record<string, number>>;
  readonly precision: Readonly<
    Record<"bev" | "3d", readonly (readonly (readonly number[])[])[]>
  >;
}

function boxOf([x, y, z, length, width, height, heading]: StoredThing["box"]): Box3d {
  return { center: [x, y, z], size: [length, width, height], heading };
}

const car: Box3d = { center: [20, 3, -1], size: [4, 2, 1.5], heading: 0.3 };
const tall: ImageBox = [0, 0, 100, 60];

Deno.test("precision is that of the official tool for all classes, metrics and difficulties", async () => {
  const { frames, result, precision } = await readGoldenJson("dsvt/eval_kitti.json") as Stored;
  const samples = frames.map(({ gt, det }) => ({
    truth: gt.map(({ box, ...thing }): KittiTruth => ({ ...thing, box: boxOf(box) })),
    found: det.map(({ box, ...thing }): KittiFound => ({ ...thing, box: boxOf(box) })),
  }));
  const results = evaluateKitti(samples);
  assert.equal(results.length, Object.keys(result).length);
  const classes = ["Car", "Pedestrian", "Cyclist"];
  const difficulties = ["easy", "moderate", "hard"];
  for (const { name, metric, difficulty, r40, precision: curve } of results) {
    const key = `${name}_${metric}/${difficulty}_R40`;
    assertClose([r40], [result[key] ?? NaN], 1e-6, key);
    if (metric === "image") continue;
    const stored = precision[metric][classes.indexOf(name)]?.[difficulties.indexOf(difficulty)];
    assertClose(curve, stored ?? [], 1e-6, key);
  }
});

Deno.test("neither things that are alike nor regions without labels make a box wrong", () => {
  const van: KittiTruth = { name: "Van", box: { ...car, center: [40, 0, -1] }, bbox: tall };
  const region: KittiTruth = { name: "DontCare", box: car, bbox: [200, 0, 400, 100] };
  const found = (box: Box3d, bbox: ImageBox): KittiFound => ({ name: "Car", box, bbox, score: 1 });
  const truth = [{ name: "Car", box: car, bbox: tall }, van, region];
  const inRegion = found({ ...car, center: [70, 0, -1] }, [250, 0, 350, 90]);
  const samples = [
    { truth, found: [found(car, tall), found(van.box, [500, 0, 600, 60]), inRegion] },
    { truth, found: [found(car, tall)] },
  ];
  const first = (metric: "image" | "3d") => {
    const [easy] = evaluateKitti(samples, { classes: { Car: 0.7 }, metrics: [metric] });
    return easy?.precision[0];
  };
  // In space the region is not known; 2 of 3 boxes are right.
  assert.equal(first("3d"), 2 / 3);
  // In the picture the box of the van overlaps with nothing.
  assert.equal(first("image"), 2 / 3);
});

Deno.test("a set without things of a class has no precision", () => {
  const [none] = evaluateKitti([{ truth: [], found: [{ name: "Car", box: car, score: 1 }] }]);
  assert.equal(none?.things, 0);
  assert.equal(none?.r40, 0);
  assert.equal(none?.r11, 0);
});
