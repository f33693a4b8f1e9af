import type { ClassInfo, Rgb } from "@vicinity/vision";

/** Colours of classes that stand out from the points, whose colours run from violet to yellow. */
const COLORS: Readonly<Record<string, Rgb>> = {
  vehicle: [255, 159, 28],
  car: [255, 159, 28],
  truck: [255, 111, 60],
  bus: [255, 92, 92],
  trailer: [214, 130, 90],
  construction_vehicle: [226, 178, 110],
  pedestrian: [255, 77, 141],
  cyclist: [110, 214, 255],
  bicycle: [110, 214, 255],
  motorcycle: [150, 170, 255],
  traffic_cone: [240, 240, 240],
  barrier: [190, 198, 210],
};

/** For other classes, in turn. */
const OTHERS: readonly Rgb[] = [[255, 159, 28], [255, 77, 141], [110, 214, 255], [200, 160, 255]];

/**
 * The classes of a detector in the colours of bird's-eye pictures.
 *
 * @param classes Its classes.
 * @returns As many, with the same names.
 */
export function sceneColors(classes: readonly Pick<ClassInfo, "name">[]): readonly ClassInfo[] {
  return classes.map(({ name }, id) => ({
    name,
    color: COLORS[name.toLowerCase()] ?? OTHERS[id % OTHERS.length] ?? [255, 255, 255],
  }));
}
