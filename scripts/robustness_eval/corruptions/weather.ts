/** What weather puts between a camera and a scene, and the light of it. */
import { byStrength, type Corruption, type Family, lengthUnit } from "./corruption.ts";
import { ice } from "./ice.ts";
import { convolved, streakKernel } from "./kernels.ts";
import { plasma } from "./plasma.ts";
import type { Random } from "./random.ts";
import {
  mapped,
  pictureOf,
  placesOf,
  type Raster,
  rasterFrom,
  rasterOf,
  sampled,
  type Size,
} from "./raster.ts";

/** Flakes: mean and deviation of their light, size, darkest one that shows, streaks; the scene's share. */
const SNOW = byStrength(
  { mean: 0.1, deviation: 0.3, size: 3, least: 0.5, radius: 10, sigma: 4, scene: 0.8 },
  { mean: 0.2, deviation: 0.3, size: 2, least: 0.5, radius: 12, sigma: 4, scene: 0.7 },
  { mean: 0.55, deviation: 0.3, size: 4, least: 0.9, radius: 12, sigma: 8, scene: 0.7 },
  { mean: 0.55, deviation: 0.3, size: 4.5, least: 0.85, radius: 12, sigma: 8, scene: 0.65 },
  { mean: 0.55, deviation: 0.3, size: 2.5, least: 0.85, radius: 12, sigma: 12, scene: 0.55 },
);

/** Falling flakes over a scene that is brightened and loses colour. */
const snow: Corruption = {
  name: "snow",
  apply: (picture, strength, random) => {
    const { scene } = SNOW[strength];
    const flakes = snowLayer(picture, SNOW[strength], random);
    const raster = rasterOf(picture);
    const last = flakes.values.length - 1;
    return pictureOf(mapped(raster, (value, at) => {
      const pixel = Math.floor(at / 3);
      const whitish = Math.max(value, 1.5 * luma(raster, pixel) + 0.5);
      const falling = (flakes.values[pixel] ?? 0) + (flakes.values[last - pixel] ?? 0);
      return scene * value + (1 - scene) * whitish + falling;
    }));
  },
};

function snowLayer(
  size: Size,
  { mean, deviation, size: flake, least, radius, sigma }: typeof SNOW[1],
  random: Random,
): Raster {
  const unit = lengthUnit(size);
  const zoom = Math.max(1, flake * unit);
  const coarse = { width: Math.ceil(size.width / zoom), height: Math.ceil(size.height / zoom) };
  const light = rasterFrom(coarse, 1, () => [mean + deviation * random.normal()]);
  const places = placesOf(size, (x, y) => [x / zoom, y / zoom]);
  const flakes = mapped(
    sampled(light, places),
    (value) => value < least ? 0 : Math.min(1, value),
  );
  const angle = Math.PI / 2 + (random.unit() - 0.5) * Math.PI / 2;
  const kernel = streakKernel({ length: 2 * radius * unit, sigma: sigma * unit, angle });
  return convolved(flakes, kernel);
}

/** Grey of a pixel, by the weights of ITU-R BT.601. */
function luma({ values }: Raster, pixel: number): number {
  const at = 3 * pixel;
  return 0.299 * (values[at] ?? 0) + 0.587 * (values[at + 1] ?? 0) + 0.114 * (values[at + 2] ?? 0);
}

/** Shares of the scene and of the ice; together they may be more than 1. */
const FROST = byStrength(
  { scene: 1, ice: 0.4 },
  { scene: 0.8, ice: 0.6 },
  { scene: 0.7, ice: 0.7 },
  { scene: 0.65, ice: 0.7 },
  { scene: 0.6, ice: 0.75 },
);

/** A frozen window. The benchmark takes photographs of ice; this ice is painted. */
const frost: Corruption = {
  name: "frost",
  apply: (picture, strength, random) => {
    const { scene, ice: share } = FROST[strength];
    const { values } = ice(picture, random);
    return pictureOf(
      mapped(rasterOf(picture), (value, at) => scene * value + share * (values[at] ?? 0)),
    );
  },
};

/** How thick it is where it is thickest, and how soon it has no finer parts. */
const FOG = byStrength(
  { thickness: 1.5, wibble: 2 },
  { thickness: 2, wibble: 2 },
  { thickness: 2.5, wibble: 1.7 },
  { thickness: 2.5, wibble: 1.5 },
  { thickness: 3, wibble: 1.4 },
);

/** Banks of fog; the picture's brightest value stays what it is. */
const fog: Corruption = {
  name: "fog",
  apply: (picture, strength, random) => {
    const { thickness, wibble } = FOG[strength];
    // The benchmark's chance is the square of a number that is divided by the wibble at each step.
    const banks = plasma(picture, wibble ** 2, random);
    const raster = rasterOf(picture);
    const brightest = raster.values.reduce((most, value) => Math.max(most, value), 0);
    const share = brightest / (brightest + thickness);
    return pictureOf(mapped(
      raster,
      (value, at) => share * (value + thickness * (banks.values[Math.floor(at / 3)] ?? 0)),
    ));
  },
};

/** What is added to the value of each colour, from 0 to 1. */
const LIGHT = byStrength(0.1, 0.2, 0.3, 0.4, 0.5);

/** Bright light: hue and saturation stay, the value of HSV grows. */
const brightness: Corruption = {
  name: "brightness",
  apply: (picture, strength) => {
    const raster = rasterOf(picture);
    const { values } = raster;
    return pictureOf(mapped(raster, (value, at) => {
      const first = at - at % 3;
      const most = Math.max(values[first] ?? 0, values[first + 1] ?? 0, values[first + 2] ?? 0);
      const brighter = Math.min(1, most + LIGHT[strength]);
      return most > 0 ? value * brighter / most : brighter;
    }));
  },
};

/** Weather. */
export const WEATHER: Family = { name: "weather", corruptions: [snow, frost, fog, brightness] };
