import type { LabelMap } from "@vicinity/media";
import {
  encodeRle,
  maskPolygons,
  type Polygon,
  type Rle,
  type SegmentResult,
} from "@vicinity/vision";
import type { ShownClasses } from "@vicinity/cli";

/** A class in COCO's form of results. */
export interface CocoResult {
  /** The picture. */
  readonly image_id: number | string;
  /** Number of the class. */
  readonly category_id: number;
  /** Left, top, width, height. */
  readonly bbox: readonly [number, number, number, number];
  /** Mean probability of its pixels. */
  readonly score: number;
  /** Its pixels. */
  readonly segmentation: Rle;
}

/**
 * A run-length code for each class.
 *
 * @param found What the network says.
 * @param labels Its labels, without the classes that are not shown.
 * @param shown Which classes are shown.
 * @param image The picture.
 * @returns Classes that are there, by number.
 */
export function cocoResults(
  found: SegmentResult,
  labels: Uint32Array,
  shown: ShownClasses,
  image: number | string,
): readonly CocoResult[] {
  const { width, height, confidence } = found;
  return masksOf(labels, shown).map(({ id, mask }) => {
    let [left, top, right, bottom, sum, pixels] = [width, height, -1, -1, 0, 0];
    for (const [pixel, inside] of mask.entries()) {
      if (inside === 0) continue;
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      [left, top] = [Math.min(left, x), Math.min(top, y)];
      [right, bottom] = [Math.max(right, x), Math.max(bottom, y)];
      sum += confidence[pixel] ?? 0;
      pixels++;
    }
    return {
      image_id: image,
      category_id: id,
      bbox: [left, top, right - left + 1, bottom - top + 1],
      score: Number((sum / pixels).toPrecision(6)),
      segmentation: encodeRle(mask, height, width),
    };
  });
}

/** A class as a feature of GeoJSON, in pixels. */
export interface Outline {
  /** What GeoJSON calls it. */
  readonly type: "Feature";
  /** The class. */
  readonly properties: { readonly id: number; readonly name: string };
  /** Its outlines. */
  readonly geometry: { readonly type: "MultiPolygon"; readonly coordinates: readonly Polygon[] };
}

/**
 * Outlines of each class.
 *
 * @param map The labels, without the classes that are not shown.
 * @param shown Which classes are shown.
 * @returns A collection of features as GeoJSON has it, in pixels from the upper left corner.
 */
export function outlines(
  { width, height, labels }: LabelMap,
  shown: ShownClasses,
): { readonly type: "FeatureCollection"; readonly features: readonly Outline[] } {
  const features = masksOf(labels, shown).map(({ id, mask }): Outline => ({
    type: "Feature",
    properties: { id, name: shown.classes[id]?.name ?? "" },
    geometry: { type: "MultiPolygon", coordinates: maskPolygons(mask, height, width) },
  }));
  return { type: "FeatureCollection", features };
}

function masksOf(
  labels: ArrayLike<number>,
  { classes }: ShownClasses,
): readonly { readonly id: number; readonly mask: Uint8Array }[] {
  const present = new Set(Array.from(labels));
  return classes.flatMap((_, id) =>
    present.has(id) ? [{ id, mask: Uint8Array.from(labels, (label) => label === id ? 1 : 0) }] : []
  );
}
