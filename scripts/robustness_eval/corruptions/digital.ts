/** What processing and storing does to pictures. */
import { decodeImage, toRgb } from "@vicinity/media";
import { pillowResize } from "@vicinity/vision";
import sharp from "sharp";
import { byStrength, type Corruption, type Family, lengthUnit } from "./corruption.ts";
import { smoothed } from "./kernels.ts";
import type { Random } from "./random.ts";
import {
  mapped,
  nearestPixels,
  pictureOf,
  type Places,
  placesOf,
  rasterFrom,
  rasterOf,
  sampled,
  type Size,
} from "./raster.ts";

/** How much of the differences is left. */
const CONTRAST = byStrength(0.4, 0.3, 0.2, 0.1, 0.05);

/** Flat light: every channel comes nearer to its mean. */
const contrast: Corruption = {
  name: "contrast",
  apply: (picture, strength) => {
    const raster = rasterOf(picture);
    const means = [0, 0, 0];
    const share = 1 / (picture.width * picture.height);
    raster.values.forEach((value, at) => means[at % 3] = (means[at % 3] ?? 0) + share * value);
    return pictureOf(mapped(raster, (value, at) => {
      const mean = means[at % 3] ?? 0;
      return mean + CONTRAST[strength] * (value - mean);
    }));
  },
};

/**
 * Strength and smoothness of local shifts, and how far the corners of a triangle are moved, in sides
 * of a picture. At strengths 1 and 2 the whole picture leans, at 3 to 5 it ripples.
 */
const ELASTIC = byStrength(
  { shift: 2, smoothness: 0.7, lean: 0.1 },
  { shift: 2, smoothness: 0.08, lean: 0.2 },
  { shift: 0.05, smoothness: 0.01, lean: 0.02 },
  { shift: 0.07, smoothness: 0.01, lean: 0.02 },
  { shift: 0.12, smoothness: 0.01, lean: 0.02 },
);
/** The side that the benchmark counts with; its pictures have 224 pixels. */
const ELASTIC_SIDE = 244;

/** A picture on rubber. Pixels move, and with them what is known of them. */
const elastic: Corruption = {
  name: "elastic",
  apply: (picture, strength, random) => {
    const places = elasticPlaces(picture, ELASTIC[strength], random);
    return {
      ...pictureOf(sampled(rasterOf(picture), places)),
      origins: nearestPixels(picture, places),
    };
  },
};

function elasticPlaces(
  size: Size,
  { shift, smoothness, lean }: typeof ELASTIC[1],
  random: Random,
): Places {
  const side = ELASTIC_SIDE * lengthUnit(size);
  const leaning = leaningPlace(size, lean * side, random);
  const chance = rasterFrom(size, 2, () => [2 * random.unit() - 1, 2 * random.unit() - 1]);
  const { values } = smoothed(chance, smoothness * side);
  return placesOf(size, (x, y) => {
    const at = 2 * (y * size.width + x);
    return leaning(
      x + shift * side * (values[at] ?? 0),
      y + shift * side * (values[at + 1] ?? 0),
    );
  });
}

/** An affine map that takes three points around the middle, moved by chance, back to their places. */
function leaningPlace(
  { width, height }: Size,
  most: number,
  random: Random,
): (x: number, y: number) => readonly [number, number] {
  const reach = Math.min(width, height) / 3;
  const corners = [[reach, reach], [reach, -reach], [-reach, -reach]] as const;
  const [[ax, ay], [bx, by], [cx, cy]] = corners;
  const move = ([x, y]: readonly [number, number]): readonly [number, number] => [
    x + most * (2 * random.unit() - 1),
    y + most * (2 * random.unit() - 1),
  ];
  const [px, py] = move(corners[0]);
  const [qx, qy] = move(corners[1]);
  const [rx, ry] = move(corners[2]);
  const area = (qx - px) * (ry - py) - (rx - px) * (qy - py);
  const [middleX, middleY] = [(width - 1) / 2, (height - 1) / 2];
  return (x, y) => {
    const [dx, dy] = [x - middleX - px, y - middleY - py];
    const second = (dx * (ry - py) - (rx - px) * dy) / area;
    const third = ((qx - px) * dy - dx * (qy - py)) / area;
    return [
      middleX + ax + second * (bx - ax) + third * (cx - ax),
      middleY + ay + second * (by - ay) + third * (cy - ay),
    ];
  };
}

/** Side of the small picture, as a share of the side. */
const PIXELATED = byStrength(0.6, 0.5, 0.4, 0.3, 0.25);

/** A small picture that was enlarged: means of blocks. */
const pixelate: Corruption = {
  name: "pixelate",
  apply: (picture, strength) => {
    const small = (side: number) => Math.max(1, Math.floor(side * PIXELATED[strength]));
    const { width, height } = picture;
    const reduced = pillowResize(picture, small(width), small(height), "box");
    return pillowResize(reduced, width, height, "box");
  },
};

/** From 1 to 100. */
const QUALITY = byStrength(25, 18, 15, 10, 7);

/** A JPEG file that was saved too small, colours at half the resolution as most programs do. */
const jpeg: Corruption = {
  name: "jpeg",
  apply: async ({ width, height, data }, strength) => {
    const file = await sharp(data, { raw: { width, height, channels: 3 } })
      .jpeg({ quality: QUALITY[strength], chromaSubsampling: "4:2:0" })
      .toBuffer();
    return toRgb(await decodeImage(file));
  },
};

/** Digital corruptions. */
export const DIGITAL: Family = {
  name: "digital",
  corruptions: [contrast, elastic, pixelate, jpeg],
};
