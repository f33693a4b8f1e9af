/** Ice on a window: feathers of crystals over a cloudy film. */
import { type Point, type RgbFrame, strokePath } from "@vicinity/media";
import { plasma } from "./plasma.ts";
import type { Random } from "./random.ts";
import { pictureOf, type Raster, rasterFrom, rasterOf, type Size } from "./raster.ts";

/** Sides of a feather leave its stem at this angle, as in all ice. */
const BRANCHING = Math.PI / 3;
/** Feathers of a square picture; longer pictures have more. */
const FEATHERS = 45;
/** Stems are drawn in so many straight parts. */
const PARTS = 8;
/** Colours of thin and thick film, and of crystals. */
const THIN = [0.18, 0.23, 0.29] as const;
const THICK = [0.62, 0.7, 0.78] as const;
const CRYSTAL = [226, 236, 246] as const;
/** How much less chance each finer square of the film has. */
const FILM_DECAY = 1.7;

/** A stem with sides. */
interface Feather {
  readonly from: Point;
  readonly angle: number;
  /** How much the angle changes from its start to its tip. */
  readonly bend: number;
  readonly length: number;
}

/**
 * Paints ice.
 *
 * @param size Size of the window.
 * @param random Where feathers start and how they grow.
 * @returns Its colours, from 0 to 1.
 */
export function ice(size: Size, random: Random): Raster {
  const { width, height } = size;
  const side = Math.min(width, height);
  const film = plasma(size, FILM_DECAY, random);
  const painted = pictureOf(rasterFrom(size, 3, (x, y) => {
    const thickness = film.values[y * width + x] ?? 0;
    return [0, 1, 2].map((c) => (THIN[c] ?? 0) + thickness * ((THICK[c] ?? 0) - (THIN[c] ?? 0)));
  }));
  const count = Math.round(FEATHERS * Math.max(width, height) / side);
  for (let index = 0; index < count; index++) {
    growFeather(painted, {
      from: [width * random.unit(), height * random.unit()],
      angle: 2 * Math.PI * random.unit(),
      bend: 1.2 * (random.unit() - 0.5),
      length: side * (0.08 + 0.4 * random.unit() ** 2),
    }, random);
  }
  return rasterOf(painted);
}

function growFeather(picture: RgbFrame, feather: Feather, random: Random): void {
  const { angle, bend, length } = feather;
  const side = Math.min(picture.width, picture.height);
  let [x, y] = feather.from;
  const stem: Point[] = [[x, y]];
  for (let part = 0; part < PARTS; part++) {
    const turned = angle + bend * part / PARTS;
    x += length / PARTS * Math.cos(turned);
    y += length / PARTS * Math.sin(turned);
    stem.push([x, y]);
  }
  strokePath(picture, stem, { color: CRYSTAL, width: Math.max(0.5, side / 260), opacity: 0.4 });
  const gap = side / 110;
  for (let place = gap; place < length; place += gap * (0.6 + 0.8 * random.unit())) {
    const part = Math.min(PARTS - 1, Math.floor(PARTS * place / length));
    const [fromX, fromY] = stem[part] ?? feather.from;
    const turned = angle + bend * part / PARTS;
    const along = place - part * length / PARTS;
    const foot: Point = [fromX + along * Math.cos(turned), fromY + along * Math.sin(turned)];
    for (const sense of [-1, 1]) {
      // Sides near the tip are younger and shorter.
      const grown = 0.55 * (length - place) * (0.3 + 0.7 * random.unit());
      const away = turned + sense * BRANCHING;
      const tip: Point = [foot[0] + grown * Math.cos(away), foot[1] + grown * Math.sin(away)];
      strokePath(picture, [foot, tip], {
        color: CRYSTAL,
        width: Math.max(0.4, side / 250),
        opacity: 0.5,
      });
    }
  }
}
