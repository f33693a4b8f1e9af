/** What the classes of one data set are in the words of another one. */

/** For each label, in lower case, the classes that it may stand for, the closest first. */
const MEANINGS: Readonly<Record<string, readonly string[]>> = {
  car: ["vehicle"],
  vehicle: ["car"],
  van: ["car", "vehicle"],
  truck: ["vehicle"],
  "pickup truck": ["truck", "car", "vehicle"],
  "medium-sized truck": ["truck", "vehicle"],
  "semi-truck": ["truck", "vehicle"],
  "towed object": ["trailer", "vehicle"],
  trailer: ["vehicle"],
  bus: ["vehicle"],
  tram: ["bus", "vehicle"],
  "construction vehicle": ["vehicle"],
  "emergency vehicle": ["car", "vehicle"],
  "other vehicle - construction vehicle": ["construction vehicle", "truck", "vehicle"],
  "other vehicle - uncommon": ["vehicle"],
  person: ["pedestrian"],
  "person sitting": ["pedestrian"],
  "pedestrian with object": ["pedestrian"],
  bicycle: ["cyclist"],
  cyclist: ["bicycle"],
  motorcycle: ["cyclist", "vehicle"],
  "motorized scooter": ["motorcycle", "cyclist"],
  cones: ["traffic cone"],
  "temporary construction barriers": ["barrier"],
};

/**
 * The class of a model that a label stands for. Names are compared without regard to case and to
 * underscores.
 *
 * @param label Name in the labels.
 * @param classes Names of the model's classes.
 * @returns The model's name, or undefined where it has no such class.
 *
 * @example
 * ```ts
 * import { classOfLabel } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * assert.equal(classOfLabel("Pickup Truck", ["car", "truck"]), "truck");
 * assert.equal(classOfLabel("Pickup Truck", ["Vehicle", "Pedestrian"]), "Vehicle");
 * assert.equal(classOfLabel("Tree", ["Vehicle", "Pedestrian"]), undefined);
 * ```
 */
export function classOfLabel(label: string, classes: readonly string[]): string | undefined {
  const own = plain(label);
  for (const meaning of [own, ...MEANINGS[own] ?? []]) {
    const found = classes.find((name) => plain(name) === meaning);
    if (found !== undefined) return found;
  }
  return undefined;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", " ").trim();
}
