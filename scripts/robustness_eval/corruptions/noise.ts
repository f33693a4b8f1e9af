/** Noise of sensors and transmission. */
import { byStrength, type Corruption, type Family } from "./corruption.ts";
import { mapped, pictureOf, rasterOf } from "./raster.ts";

/** Standard deviation; colours are from 0 to 1. */
const DEVIATION = byStrength(0.08, 0.12, 0.18, 0.26, 0.38);

/** Low light: the same normal noise everywhere. */
const gaussianNoise: Corruption = {
  name: "gaussian noise",
  apply: (picture, strength, random) =>
    pictureOf(mapped(rasterOf(picture), (value) => value + DEVIATION[strength] * random.normal())),
};

/** Particles of light that make up white. */
const PHOTONS = byStrength(60, 25, 12, 5, 3);

/** Light that comes in particles: bright places have more noise. */
const shotNoise: Corruption = {
  name: "shot noise",
  apply: (picture, strength, random) => {
    const white = PHOTONS[strength];
    return pictureOf(mapped(rasterOf(picture), (value) => random.poisson(white * value) / white));
  },
};

/** Share of the values that are lost. */
const LOST = byStrength(0.03, 0.06, 0.09, 0.17, 0.27);

/** Values that are lost become black or white, as often the one as the other. */
const impulseNoise: Corruption = {
  name: "impulse noise",
  apply: (picture, strength, random) =>
    pictureOf(mapped(rasterOf(picture), (value) => {
      if (random.unit() >= LOST[strength]) return value;
      return random.unit() < 0.5 ? 0 : 1;
    })),
};

/** Noise. */
export const NOISE: Family = {
  name: "noise",
  corruptions: [gaussianNoise, shotNoise, impulseNoise],
};
