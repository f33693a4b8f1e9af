/**
 * Results in the form of the nuScenes detection benchmark. Sources: the format page of the nuScenes
 * devkit; the rules for attributes are those of OpenPCDet's `nuscenes_utils.py`.
 */
import { IDENTITY4, type Matrix4, type ScoredBox3d } from "@vicinity/vision";

/** A box of the benchmark. */
export interface NuScenesResultBox {
  /** The key frame that it belongs to. */
  readonly sample_token: string;
  /** Its middle in the global frame, metres. */
  readonly translation: readonly [number, number, number];
  /** Width, length, height in metres. */
  readonly size: readonly [number, number, number];
  /** How it is turned in the global frame: a unit quaternion w, x, y, z. */
  readonly rotation: readonly [number, number, number, number];
  /** Metres a second in the global frame, along x and y. */
  readonly velocity: readonly [number, number];
  /** Its class. */
  readonly detection_name: string;
  /** From 0 to 1. */
  readonly detection_score: number;
  /** What it does, such as `vehicle.parked`; empty where its class has no attributes. */
  readonly attribute_name: string;
}

/** A file of the benchmark. */
export interface NuScenesResults {
  /** What was used. */
  readonly meta: {
    readonly use_camera: boolean;
    readonly use_lidar: boolean;
    readonly use_radar: boolean;
    readonly use_map: boolean;
    readonly use_external: boolean;
  };
  /** Boxes of each key frame, the surest first. */
  readonly results: Readonly<Record<string, readonly NuScenesResultBox[]>>;
}

/** What was found in a key frame. */
export interface NuScenesScan {
  /** Its token. */
  readonly sampleToken: string;
  /** Boxes in the axes of the scan. */
  readonly boxes: readonly ScoredBox3d[];
  /** Motion from the scan to the global frame; where it is absent boxes stay in the scan's axes. */
  readonly globalFromScan?: Matrix4 | undefined;
}

/** The benchmark takes so many boxes of a key frame. */
const MOST_BOXES = 500;

/** Metres a second above which a thing moves. */
const MOVING = 0.2;

/** Attributes of each class: of things that move, of things that stand, and the most frequent one. */
const ATTRIBUTES: Readonly<
  Record<
    string,
    { readonly moving?: string; readonly standing?: string; readonly usual: string }
  >
> = {
  car: { moving: "vehicle.moving", usual: "vehicle.parked" },
  truck: { moving: "vehicle.moving", usual: "vehicle.parked" },
  trailer: { moving: "vehicle.moving", usual: "vehicle.parked" },
  construction_vehicle: { moving: "vehicle.moving", usual: "vehicle.parked" },
  bus: { moving: "vehicle.moving", standing: "vehicle.stopped", usual: "vehicle.moving" },
  motorcycle: { moving: "cycle.with_rider", usual: "cycle.without_rider" },
  bicycle: { moving: "cycle.with_rider", usual: "cycle.without_rider" },
  pedestrian: { standing: "pedestrian.standing", usual: "pedestrian.moving" },
};

/**
 * What a thing most likely does.
 *
 * @param name Its class.
 * @param velocity Metres a second along x and y; it stands where this is absent.
 * @returns An attribute of nuScenes; empty for classes without attributes.
 *
 * @example
 * ```ts
 * import { nuScenesAttribute } from "@vicinity/dsvt";
 * import assert from "node:assert/strict";
 *
 * assert.equal(nuScenesAttribute("bus", [0, 3]), "vehicle.moving");
 * assert.equal(nuScenesAttribute("bus", [0, 0.1]), "vehicle.stopped");
 * assert.equal(nuScenesAttribute("barrier", [0, 0]), "");
 * ```
 */
export function nuScenesAttribute(
  name: string,
  velocity: readonly [x: number, y: number] = [0, 0],
): string {
  const attributes = ATTRIBUTES[name];
  if (!attributes) return "";
  const { moving, standing, usual } = attributes;
  return (Math.hypot(...velocity) > MOVING ? moving : standing) ?? usual;
}

/**
 * Results of key frames as a file of the benchmark.
 *
 * @param scans What was found.
 * @param classes Names of the classes, in order.
 * @returns The file; `JSON.stringify` writes it.
 */
export function nuScenesResults(
  scans: readonly NuScenesScan[],
  classes: readonly string[],
): NuScenesResults {
  return {
    meta: {
      use_camera: false,
      use_lidar: true,
      use_radar: false,
      use_map: false,
      use_external: false,
    },
    results: Object.fromEntries(
      scans.map((scan) => [
        scan.sampleToken,
        scan.boxes.toSorted((a, b) => b.score - a.score).slice(0, MOST_BOXES)
          .map((box) => resultBox(box, scan, classes[box.classId] ?? "")),
      ]),
    ),
  };
}

type Triple = readonly [x: number, y: number, z: number];

function resultBox(
  { center, size: [length, width, height], heading, velocity, score }: ScoredBox3d,
  { sampleToken, globalFromScan = IDENTITY4 }: NuScenesScan,
  name: string,
): NuScenesResultBox {
  const at = (row: number, column: number) => globalFromScan[4 * row + column] ?? 0;
  const turned = ([x, y, z]: Triple): Triple => {
    const row = (index: number) => at(index, 0) * x + at(index, 1) * y + at(index, 2) * z;
    return [row(0), row(1), row(2)];
  };
  const [x, y, z] = turned(center);
  const [cos, sin] = [Math.cos(heading), Math.sin(heading)];
  const [vx, vy] = turned([...velocity ?? [0, 0] as const, 0]);
  return {
    sample_token: sampleToken,
    translation: [x + at(0, 3), y + at(1, 3), z + at(2, 3)],
    size: [width, length, height],
    rotation: quaternion([turned([cos, sin, 0]), turned([-sin, cos, 0]), turned([0, 0, 1])]),
    velocity: [vx, vy],
    detection_name: name,
    detection_score: score,
    attribute_name: nuScenesAttribute(name, velocity),
  };
}

/** The unit quaternion w, x, y, z of a turn that is given by where it brings the three axes. */
function quaternion(
  [[xx, xy, xz], [yx, yy, yz], [zx, zy, zz]]: readonly [Triple, Triple, Triple],
): [number, number, number, number] {
  // Four times each product of two of its entries; the row with the largest square is the safest.
  const products = [
    [1 + xx + yy + zz, yz - zy, zx - xz, xy - yx],
    [yz - zy, 1 + xx - yy - zz, yx + xy, zx + xz],
    [zx - xz, yx + xy, 1 - xx + yy - zz, zy + yz],
    [xy - yx, zx + xz, zy + yz, 1 - xx - yy + zz],
  ] as const;
  const squares = products.map((row, index) => row[index] ?? 0);
  const [w, x, y, z] = products[squares.indexOf(Math.max(...squares))] ?? products[0];
  const norm = Math.hypot(w, x, y, z) * (w < 0 ? -1 : 1);
  return [w / norm, x / norm, y / norm, z / norm];
}
