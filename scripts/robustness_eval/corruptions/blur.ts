/** Blurs of lenses, glass and movement. Lengths are in pixels of the benchmark. */
import { byStrength, type Corruption, type Family, lengthUnit } from "./corruption.ts";
import { convolved, discKernel, smoothed, streakKernel } from "./kernels.ts";
import type { Random } from "./random.ts";
import { mapped, pictureOf, placesOf, type Raster, rasterOf, sampled } from "./raster.ts";

/** Standard deviation. */
const GAUSSIAN_SIGMA = byStrength(1, 2, 3, 4, 6);

/** A soft blur; the benchmark has it as an extra one. */
const gaussianBlur: Corruption = {
  name: "gaussian blur",
  apply: (picture, strength) =>
    pictureOf(smoothed(rasterOf(picture), GAUSSIAN_SIGMA[strength] * lengthUnit(picture))),
};

/** Radius of the disc. */
const DEFOCUS_RADIUS = byStrength(3, 4, 6, 8, 10);

/** A lens that is out of focus. */
const defocusBlur: Corruption = {
  name: "defocus blur",
  apply: (picture, strength) => {
    const kernel = discKernel(DEFOCUS_RADIUS[strength] * lengthUnit(picture));
    return pictureOf(convolved(rasterOf(picture), kernel));
  },
};

/** Blur before and after, farthest exchange, rounds of exchanges. */
const GLASS = byStrength(
  { sigma: 0.7, farthest: 1, rounds: 2 },
  { sigma: 0.9, farthest: 2, rounds: 1 },
  { sigma: 1, farthest: 2, rounds: 3 },
  { sigma: 1.1, farthest: 3, rounds: 2 },
  { sigma: 1.5, farthest: 4, rounds: 2 },
);

/** Frosted glass: every pixel is exchanged with one nearby. */
const glassBlur: Corruption = {
  name: "glass blur",
  apply: (picture, strength, random) => {
    const { sigma, farthest, rounds } = GLASS[strength];
    const unit = lengthUnit(picture);
    const first = smoothed(rasterOf(picture), sigma * unit);
    const reach = Math.max(1, Math.round(farthest * unit));
    for (let round = 0; round < rounds; round++) exchangeNeighbours(first, reach, random);
    return pictureOf(smoothed(first, sigma * unit));
  },
};

function exchangeNeighbours(
  { width, height, channels, values }: Raster,
  reach: number,
  random: Random,
): void {
  const near = (position: number, length: number) => {
    const away = Math.floor((2 * reach + 1) * random.unit()) - reach;
    return Math.min(length - 1, Math.max(0, position + away));
  };
  for (let pixel = width * height - 1; pixel >= 0; pixel--) {
    const other = near(Math.floor(pixel / width), height) * width + near(pixel % width, width);
    for (let c = 0; c < channels; c++) {
      const [one, two] = [pixel * channels + c, other * channels + c];
      [values[one], values[two]] = [values[two] ?? 0, values[one] ?? 0];
    }
  }
}

/** Half the length of the streak, and how it fades. */
const MOTION = byStrength(
  { radius: 10, sigma: 3 },
  { radius: 15, sigma: 5 },
  { radius: 15, sigma: 8 },
  { radius: 15, sigma: 12 },
  { radius: 20, sigma: 15 },
);

/** A camera that moves, more across than up or down. */
const motionBlur: Corruption = {
  name: "motion blur",
  apply: (picture, strength, random) => {
    const { radius, sigma } = MOTION[strength];
    const unit = lengthUnit(picture);
    const kernel = streakKernel({
      length: 2 * radius * unit,
      sigma: sigma * unit,
      angle: (random.unit() - 0.5) * Math.PI / 2,
    });
    return pictureOf(convolved(rasterOf(picture), kernel));
  },
};

/** Enlargements from 1 in equal steps; the largest is exclusive. */
const ZOOM = byStrength(
  { below: 1.11, step: 0.01 },
  { below: 1.16, step: 0.01 },
  { below: 1.21, step: 0.02 },
  { below: 1.26, step: 0.02 },
  { below: 1.31, step: 0.03 },
);

/** A camera that comes nearer: the mean of the picture and its enlargements. */
const zoomBlur: Corruption = {
  name: "zoom blur",
  apply: (picture, strength) => {
    const { below, step } = ZOOM[strength];
    const raster = rasterOf(picture);
    const [middleX, middleY] = [(picture.width - 1) / 2, (picture.height - 1) / 2];
    const sum = Float32Array.from(raster.values);
    const count = Math.round((below - 1) / step);
    for (let index = 0; index < count; index++) {
      const zoom = 1 + index * step;
      const places = placesOf(
        picture,
        (x, y) => [middleX + (x - middleX) / zoom, middleY + (y - middleY) / zoom],
      );
      sampled(raster, places).values.forEach((value, at) => sum[at] = (sum[at] ?? 0) + value);
    }
    return pictureOf(mapped(raster, (_, at) => (sum[at] ?? 0) / (count + 1)));
  },
};

/** Blur. */
export const BLUR: Family = {
  name: "blur",
  corruptions: [defocusBlur, glassBlur, motionBlur, zoomBlur, gaussianBlur],
};
