/** Names and colours of classes. */
import ade20k from "../data/ade20k.json" with { type: "json" };
import cityscapes from "../data/cityscapes.json" with { type: "json" };
import coco from "../data/coco.json" with { type: "json" };
import imagenet from "../data/imagenet.json" with { type: "json" };

/** A colour, red, green, blue from 0 to 255. */
export type Rgb = readonly [red: number, green: number, blue: number];

/** What pictures of results call a class and paint it with. */
export interface ClassInfo {
  /** Its name. */
  readonly name: string;
  /** Its colour. */
  readonly color: Rgb;
}

/** Class lists of data sets, in the order of the classes. */
export const CLASS_LISTS: Readonly<
  Record<"ade20k" | "cityscapes" | "coco", readonly ClassInfo[]>
> = {
  ade20k: ade20k.map(infoOf),
  cityscapes: cityscapes.map(infoOf),
  coco: coco.map(infoOf),
};

/** Names of the classes of ImageNet-1K, in order. */
export const IMAGENET_NAMES: readonly string[] = imagenet;

function infoOf({ name, color: [red = 0, green = 0, blue = 0] }: {
  readonly name: string;
  readonly color: readonly number[];
}): ClassInfo {
  return { name, color: [red, green, blue] };
}

/**
 * A colour for a class without one: that of PASCAL VOC's palette, in which the bits of the number are
 * spread over the channels so that near numbers look unlike.
 *
 * @param index Number of the class.
 * @returns Its colour; black for 0.
 *
 * @example
 * ```ts
 * import { vocColor } from "@vicinity/vision";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual([0, 1, 2].map(vocColor), [[0, 0, 0], [128, 0, 0], [0, 128, 0]]);
 * ```
 */
export function vocColor(index: number): Rgb {
  const color: [number, number, number] = [0, 0, 0];
  for (let rest = index, bit = 7; rest > 0; rest >>= 3, bit--) {
    for (const channel of [0, 1, 2] as const) color[channel] |= (rest >> channel & 1) << bit;
  }
  return color;
}

/**
 * Classes with the names of a list, coloured by VOC's palette from its second colour on.
 *
 * @param names The names.
 * @returns As many classes.
 */
export function classesOf(names: readonly string[]): readonly ClassInfo[] {
  return names.map((name, index) => ({ name, color: vocColor(index + 1) }));
}
