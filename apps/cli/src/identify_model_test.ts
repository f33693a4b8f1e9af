import { checkNetwork, type Checkpoint, type NetworkBuilder } from "@vicinity/checkpoint";
import { DETECTORS, SEGMENTERS, TwoStageDinat, UperNetDinat } from "@vicinity/dinat";
import { CONFIGURATIONS, Dsvt } from "@vicinity/dsvt";
import { FavitClassifier, VARIANTS } from "@vicinity/favit";
import assert from "node:assert/strict";
import { CliError } from "./errors.ts";
import { identifyWeights } from "./identify_model.ts";
import type { Task } from "./packages.ts";

/** A file with the keys and shapes that a network asks for, and without a configuration. */
function officialFile(
  name: string,
  build: NetworkBuilder<unknown>,
  change: (shapes: Map<string, readonly number[]>) => void = () => {},
): Checkpoint {
  const shapes = new Map<string, readonly number[]>();
  const weight = (shape: readonly number[]) => ({
    dtype: "F32" as const,
    shape,
    float32: () => Promise.resolve(new Float32Array()),
    chunks: async function* () {},
  });
  const find = (key: string, shape: readonly number[] = []) => {
    shapes.set(key, shape);
    return weight(shape);
  };
  checkNetwork({ name, keys: () => [], find }, build);
  change(shapes);
  return {
    name,
    form: "safetensors",
    metadata: {},
    keys: () => shapes.keys(),
    find: (key) => {
      const shape = shapes.get(key);
      return shape && weight(shape);
    },
  };
}

const SEGMENT = ["semantic", "instance", "manipulation"] as const;
const DETECT = ["detect2d", "detect3d"] as const;

function identify<T extends Task>(weights: Checkpoint, tasks: readonly T[]) {
  const choice = { id: weights.name, address: weights.name, expected: undefined };
  const { task, model } = identifyWeights(weights, choice, tasks);
  return [task, model];
}

function upernet(id: string): NetworkBuilder<unknown> {
  const variant = SEGMENTERS[id];
  assert.ok(variant);
  return (parameters, store) => new UperNetDinat(parameters, store, variant.network);
}

Deno.test("official files say by their shapes which model they are of", () => {
  const segmenter = officialFile("a.pth", upernet("upernet-dinat_s-tiny"));
  assert.deepEqual(identify(segmenter, SEGMENT), ["semantic", "upernet-dinat_s-tiny"]);
  const variant = DETECTORS["mask_rcnn-dinat-small"];
  const scans = CONFIGURATIONS["dsvt-nuscenes-pillar"];
  const classes = VARIANTS["favit-b1"];
  assert.ok(variant && scans && classes);
  const detector = officialFile(
    "b.pth",
    (parameters, store) => new TwoStageDinat(parameters, store, variant.network),
  );
  assert.deepEqual(identify(detector, SEGMENT), ["instance", "mask_rcnn-dinat-small"]);
  assert.deepEqual(identify(detector, DETECT), ["detect2d", "mask_rcnn-dinat-small"]);
  const lidar = officialFile(
    "c.pth",
    (parameters, store) => new Dsvt(parameters, store, scans),
  );
  assert.deepEqual(identify(lidar, DETECT), ["detect3d", "dsvt-nuscenes-pillar"]);
  const classifier = officialFile(
    "d.pth",
    (parameters, store) => new FavitClassifier(parameters, store, classes.backbone, 7),
  );
  assert.deepEqual(identify(classifier, ["classify"]), ["classify", "favit-b1"]);
});

Deno.test("of models with equal shapes the name of the official file decides, else the user must", () => {
  const build = upernet("upernet-nat-mini");
  assert.deepEqual(
    identify(officialFile("weights/nat_mini_upernet.pth", build), SEGMENT),
    ["semantic", "upernet-nat-mini"],
  );
  assert.deepEqual(
    identify(officialFile("upernet_dinat_mini.pth", build), SEGMENT),
    ["semantic", "upernet-dinat-mini"],
  );
  assert.throws(
    () => identify(officialFile("best.pth", build), SEGMENT),
    (error) => {
      assert.ok(error instanceof CliError);
      assert.equal(error.code, "WEIGHTS_MISMATCH");
      assert.match(error.message, /upernet-nat-mini or upernet-dinat-mini/);
      return true;
    },
  );
});

Deno.test("a file for another task names its command, one that nearly fits the nearest model", () => {
  const build = upernet("upernet-dinat_s-tiny");
  const whole = officialFile("a.pth", build);
  assert.throws(() => identify(whole, ["classify"]), (error) => {
    assert.ok(error instanceof CliError);
    assert.match(`${error.message} ${error.hint}`, /for semantic.* deno task segment/);
    return true;
  });
  const cut = officialFile("a.pth", build, (shapes) => {
    for (const key of [...shapes.keys()].slice(0, 3)) shapes.delete(key);
  });
  assert.throws(() => identify(cut, SEGMENT), (error) => {
    assert.ok(error instanceof CliError);
    assert.match(`${error.hint}`, /nearest to upernet-dinat_s-tiny/);
    return true;
  });
  const nothing = officialFile("a.pth", () => {});
  assert.throws(() => identify(nothing, SEGMENT), /no model for semantic or instance/);
});
