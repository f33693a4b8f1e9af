import assert from "node:assert/strict";
import { assertClose } from "@vicinity/tensor/testing";
import { readGoldenJson } from "../testing/golden_json.ts";
import {
  evaluateNuScenes,
  type NuScenesClass,
  type NuScenesError,
  type NuScenesSample,
} from "./nuscenes.ts";

interface StoredThing {
  readonly sample: number;
  readonly name: string;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly w: number;
  readonly l: number;
  readonly h: number;
  readonly yaw: number;
  readonly vx: number | null;
  readonly vy: number | null;
  readonly attr: string;
  readonly num_pts: number;
}

type Errors = Readonly<Record<NuScenesError, number | null>>;

interface Stored {
  readonly ground_truth: readonly StoredThing[];
  readonly predictions: readonly (StoredThing & { readonly score: number })[];
  readonly result: {
    readonly label_aps: Readonly<Record<NuScenesClass, Readonly<Record<string, number>>>>;
    readonly label_tp: Readonly<Record<NuScenesClass, Errors>>;
    readonly tp_errors: Errors;
    readonly mean_ap: number;
    readonly nds: number;
  };
}

function thingOf({ name, x, y, z, w, l, h, yaw, vx, vy, attr, num_pts }: StoredThing) {
  const velocity = vx === null || vy === null ? {} : { velocity: [vx, vy] as const };
  const box = { center: [x, y, z], size: [l, w, h], heading: yaw, ...velocity } as const;
  return { name, box, attribute: attr, points: num_pts };
}

function assertErrors(actual: Readonly<Record<NuScenesError, number>>, stored: Errors): void {
  for (const [error, expected] of Object.entries(stored)) {
    const value = actual[error as NuScenesError];
    if (expected === null) assert(Number.isNaN(value), error);
    else assertClose([value], [expected], 1e-6, error);
  }
}

Deno.test("precision, errors and score are those of the devkit", async () => {
  const { ground_truth, predictions, result } = await readGoldenJson(
    "dsvt/eval_nuscenes.json",
  ) as Stored;
  const count = Math.max(...ground_truth.map(({ sample }) => sample)) + 1;
  const samples = Array.from({ length: count }, (_, scan): NuScenesSample => ({
    truth: ground_truth.filter(({ sample }) => sample === scan).map(thingOf),
    found: predictions.filter(({ sample }) => sample === scan)
      .map((thing) => ({ ...thingOf(thing), score: thing.score })),
  }));
  const { classes, errors, meanAp, nds } = evaluateNuScenes(samples);
  for (const [name, aps] of Object.entries(result.label_aps)) {
    const own = classes[name as NuScenesClass];
    const stored = ["0.5", "1.0", "2.0", "4.0"].map((distance) => aps[distance] ?? NaN);
    assertClose(own.ap, stored, 1e-6, name);
    assertErrors(own.errors, result.label_tp[name as NuScenesClass]);
  }
  assertErrors(errors, result.tp_errors);
  assertClose([meanAp, nds], [result.mean_ap, result.nds], 1e-6, "scores");
});

Deno.test("bicycles in racks and things out of range do not count", () => {
  const box = { center: [10, 0, 0], size: [2, 1, 1], heading: 0 } as const;
  const far = { ...box, center: [41, 0, 0] } as const;
  const truth = [{ name: "bicycle", box }, { name: "bicycle", box: far }];
  const found = truth.map((thing) => ({ ...thing, score: 0.5 }));
  const ap = (sample: Partial<NuScenesSample>) =>
    evaluateNuScenes([{ truth, found, ...sample }]).classes.bicycle.meanAp;
  const round = (value: number) => Number(value.toFixed(6));
  assert.equal(round(ap({})), 1);
  const rack = { center: [10.2, 0.1, 0], size: [3, 3, 3], heading: 1 } as const;
  assert.equal(ap({ racks: [rack] }), 0);
  assert.equal(ap({ ego: [1000, 0] }), 0);
});
