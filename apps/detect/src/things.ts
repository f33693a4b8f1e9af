import { imageId, type Input } from "@vicinity/cli";
import type { Detection } from "@vicinity/vision";
import {
  encodeRle,
  maskPolygons,
  type PastedMask,
  pasteMask,
  type Polygon,
  type Rle,
} from "@vicinity/vision";
import type { Found } from "./instances.ts";

/** The pixels of a thing; undefined for models without outlines. */
function pixelsOf(found: Found, { mask, box }: Detection): PastedMask | undefined {
  return mask && pasteMask(mask, box, found.size, found.threshold);
}

/** The pixels of a thing in the whole picture. */
function wholeMask({ size }: Found, pasted: PastedMask): Uint8Array {
  const { x, y, width, height, data } = pasted;
  const mask = new Uint8Array(size.width * size.height);
  for (let row = 0; row < height; row++) {
    mask.set(data.subarray(row * width, (row + 1) * width), (y + row) * size.width + x);
  }
  return mask;
}

function rleOf(found: Found, thing: Detection): Rle | undefined {
  const pasted = pixelsOf(found, thing);
  const { width, height } = found.size;
  return pasted && encodeRle(wholeMask(found, pasted), height, width);
}

function short(value: number): number {
  return Number(value.toPrecision(6));
}

/** A thing in the JSON of an input. */
export interface ThingRecord {
  /** Number of its class. */
  readonly classId: number;
  /** Name of its class. */
  readonly className: string;
  /** From 0 to 1. */
  readonly score: number;
  /** x1, y1, x2, y2 in pixels. */
  readonly box: readonly number[];
  /** Its pixels. */
  readonly rle?: Rle | undefined;
}

/**
 * A thing as the JSON of an input has it.
 *
 * @param found What it was found with.
 * @param thing The thing.
 * @param withOutline Whether its pixels are told.
 * @returns The record.
 */
export function recordOf(found: Found, thing: Detection, withOutline: boolean): ThingRecord {
  const { classId, score, box } = thing;
  return {
    classId,
    className: found.shown.classes[classId]?.name ?? `class ${classId}`,
    score: short(score),
    box: box.map(short),
    ...(withOutline ? { rle: rleOf(found, thing) } : {}),
  };
}

/** A thing in COCO's form of results. */
export interface CocoThing {
  /** The picture. */
  readonly image_id: number | string;
  /** Number of the class, from 0 in the model's order. */
  readonly category_id: number;
  /** Left, top, width, height. */
  readonly bbox: readonly number[];
  /** From 0 to 1. */
  readonly score: number;
  /** Its pixels. */
  readonly segmentation?: Rle | undefined;
}

/**
 * All things in COCO's form.
 *
 * @param found The things.
 * @param input The picture.
 * @returns One result for each thing.
 */
export function cocoThings(found: Found, input: Input): readonly CocoThing[] {
  return found.things.map((thing) => {
    const [x1, y1, x2, y2] = thing.box;
    return {
      image_id: imageId(input),
      category_id: thing.classId,
      bbox: [x1, y1, x2 - x1, y2 - y1].map(short),
      score: short(thing.score),
      ...(thing.mask ? { segmentation: rleOf(found, thing) } : {}),
    };
  });
}

/** A thing as a feature of GeoJSON, in pixels. */
export interface ThingOutline {
  /** What GeoJSON calls it. */
  readonly type: "Feature";
  /** What it is. */
  readonly properties: {
    readonly id: number;
    readonly classId: number;
    readonly name: string;
    readonly score: number;
  };
  /** Its outline; its box for models without outlines. */
  readonly geometry: { readonly type: "MultiPolygon"; readonly coordinates: readonly Polygon[] };
}

/**
 * Outlines of all things.
 *
 * @param found The things.
 * @returns A collection of features as GeoJSON has it, in pixels from the upper left corner.
 */
export function outlinesOf(
  found: Found,
): { readonly type: "FeatureCollection"; readonly features: readonly ThingOutline[] } {
  const features = found.things.map((thing, index): ThingOutline => ({
    type: "Feature",
    properties: {
      id: index + 1,
      classId: thing.classId,
      name: found.shown.classes[thing.classId]?.name ?? "",
      score: short(thing.score),
    },
    geometry: { type: "MultiPolygon", coordinates: polygonsOf(found, thing) },
  }));
  return { type: "FeatureCollection", features };
}

function polygonsOf(found: Found, thing: Detection): readonly Polygon[] {
  const pasted = pixelsOf(found, thing);
  if (pasted === undefined) {
    const [x1, y1, x2, y2] = thing.box;
    return [[[[x1, y1], [x2, y1], [x2, y2], [x1, y2], [x1, y1]]]];
  }
  const { x, y, width, height, data } = pasted;
  return maskPolygons(data, height, width).map((polygon) =>
    polygon.map((ring) => ring.map(([px, py]): [number, number] => [px + x, py + y]))
  );
}

/** The pixels of each thing, one after the other, the least sure first. */
export function* masksOf(
  found: Found,
): Generator<{ readonly thing: Detection; readonly number: number; readonly pixels: PastedMask }> {
  for (const [index, thing] of [...found.things.entries()].toReversed()) {
    const pixels = pixelsOf(found, thing);
    if (pixels !== undefined) yield { thing, number: index + 1, pixels };
  }
}

/**
 * A map of the things: 0 where there is none, else its number in the list, from 1; of things that
 * cover each other the surer one shows.
 *
 * @param found The things.
 * @returns `[height, width]`.
 */
export function thingMap(found: Found): Uint32Array {
  const { width, height } = found.size;
  const map = new Uint32Array(width * height);
  for (const { number, pixels } of masksOf(found)) {
    for (const [at, inside] of pixels.data.entries()) {
      if (inside === 0) continue;
      const row = pixels.y + Math.floor(at / pixels.width);
      map[row * width + pixels.x + at % pixels.width] = number;
    }
  }
  return map;
}
