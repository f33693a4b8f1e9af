import { GLYPH_HEIGHT, GLYPH_WIDTH, glyphInk } from "./font.ts";

/**
 * The picture of the demonstration clip as a function: the colour of any point at any time. It has
 * what upscalers are tried on: a natural-looking landscape, fine texture, smooth gradients, thin
 * lines and small moving text.
 */

/** Red, green and blue, 0 to 1. */
export type Rgb = readonly [number, number, number];

const TITLE = "VICINITY 0123 - SHARP TEXT, THIN LINES, FINE TEXTURE - ";
const HORIZON = 0.52;

/**
 * The colour at a point.
 *
 * @param x 0 at the left edge; the right edge is at the aspect ratio, 1.78 for 16:9.
 * @param y 0 at the top, 1 at the bottom.
 * @param time Seconds.
 * @returns The colour.
 */
export function sceneColor(x: number, y: number, time: number): Rgb {
  if (y > 0.86) return bannerColor(x, y, time);
  const pan = x + time * 0.06;
  let color = skyColor(x, y, time);
  color = ridge(color, pan * 0.5, y, HORIZON - 0.06, 0.2, [0.42, 0.5, 0.62], 7);
  color = ridge(color, pan * 0.75, y, HORIZON + 0.04, 0.16, [0.27, 0.38, 0.4], 19);
  if (y > HORIZON + 0.12) color = meadowColor(pan, y);
  color = fence(color, pan, y);
  color = pinwheel(color, x, y, time);
  return dial(color, x, y, time);
}

function skyColor(x: number, y: number, time: number): Rgb {
  const base = mix([0.24, 0.47, 0.82], [0.93, 0.84, 0.74], clamp(y / HORIZON));
  const cloud = turbulence(x * 2.2 + time * 0.05, y * 5, 5, 3);
  const lit = mix(base, [1, 0.98, 0.95], smooth(0.5, 0.75, cloud) * 0.85);
  const sun = Math.hypot(x - 1.36, y - 0.17);
  return mix(lit, [1, 0.93, 0.7], clamp(1 - smooth(0.045, 0.052, sun) + 0.25 * Math.exp(-sun * 9)));
}

function ridge(
  under: Rgb,
  x: number,
  y: number,
  base: number,
  tall: number,
  tint: Rgb,
  seed: number,
): Rgb {
  const height = base - tall * (turbulence(x * 2.6, seed, 5, seed) - 0.4);
  if (y < height) return under;
  const rock = turbulence(x * 22, y * 30, 4, seed + 1);
  const snow = smooth(0.1, 0, y - height) * smooth(0.45, 0.6, rock);
  const shaded: Rgb = scale(tint, 0.6 + 0.7 * rock);
  return mix(shaded, [0.95, 0.96, 1], snow * 0.8);
}

/** Blades of grass get longer and wider towards the viewer. */
function meadowColor(x: number, y: number): Rgb {
  const near = clamp((y - HORIZON - 0.1) / 0.26);
  const zoom = 1 / (0.25 + near);
  const blades = turbulence(x * 60 * zoom, y * 14 * zoom, 3, 31);
  const patches = turbulence(x * 4 * zoom, y * 9 * zoom, 3, 41);
  const green = mix([0.2, 0.33, 0.1], [0.55, 0.62, 0.22], patches);
  const flower = valueNoise(x * 46 * zoom, y * 46 * zoom, 53);
  const blade = scale(green, 0.45 + 0.95 * blades);
  return flower > 0.93 ? mix(blade, [0.95, 0.85, 0.3], smooth(0.93, 0.96, flower)) : blade;
}

/** Posts and wires: straight lines thinner than a pixel of the small clip. */
function fence(under: Rgb, x: number, y: number): Rgb {
  const post = Math.abs(fraction(x * 4) - 0.5) / 4;
  if (post < 0.007 && y > 0.6 && y < 0.82) {
    return scale([0.46, 0.34, 0.24], 0.55 + 0.8 * valueNoise(x * 500, y * 40, 61));
  }
  for (const [level, sag] of [[0.635, 0.012], [0.69, 0.01]] as const) {
    const wire = level + sag * Math.sin(Math.PI * fraction(x * 4 - 0.5)) ** 2;
    if (Math.abs(y - wire) < 0.0022) return [0.14, 0.13, 0.13];
  }
  return under;
}

/** A turning star of thin wedges, which shows false frequencies at its centre. */
function pinwheel(under: Rgb, x: number, y: number, time: number): Rgb {
  const [dx, dy] = [x - 0.27, y - 0.27];
  const radius = Math.hypot(dx, dy);
  if (radius > 0.17) return under;
  if (radius > 0.163) return [0.1, 0.1, 0.12];
  const wedge = Math.sin((Math.atan2(dy, dx) + time * 0.5) * 18);
  return wedge > 0 ? [0.95, 0.94, 0.9] : [0.72, 0.12, 0.13];
}

/** A clock of rings and ticks with a moving hand. */
function dial(under: Rgb, x: number, y: number, time: number): Rgb {
  const [dx, dy] = [x - 0.74, y - 0.22];
  const radius = Math.hypot(dx, dy);
  if (radius > 0.13) return under;
  const angle = Math.atan2(dx, -dy);
  const hand = angle - time * 1.2;
  if (radius < 0.1 && Math.cos(hand) > 0 && Math.abs(Math.sin(hand)) * radius < 0.0035) {
    return [0.75, 0.1, 0.08];
  }
  const tick = Math.abs(fraction((angle / (2 * Math.PI)) * 12 + 0.5) - 0.5) * radius * 0.52;
  const inked = radius > 0.124 || (radius > 0.1 && tick < 0.0026) ||
    Math.abs(radius - 0.07) < 0.0016;
  return inked ? [0.08, 0.09, 0.14] : mix([1, 1, 0.97], [0.82, 0.85, 0.9], radius / 0.13);
}

/** Running text over a gradient, with fine gratings at the right. */
function bannerColor(x: number, y: number, time: number): Rgb {
  const base = mix([0.06, 0.08, 0.2], [0.22, 0.1, 0.3], x / 1.78);
  if (y < 0.868) return [0.9, 0.75, 0.35];
  const pixel = 0.0088;
  const row = Math.floor((y - 0.895) / pixel);
  const column = Math.floor((x + time * 0.16) / pixel);
  if (row < 0 || row >= GLYPH_HEIGHT) return base;
  const letter = TITLE[Math.floor(column / (GLYPH_WIDTH + 1)) % TITLE.length] ?? " ";
  const part = column % (GLYPH_WIDTH + 1);
  return part < GLYPH_WIDTH && glyphInk(letter, part, row) ? [0.98, 0.96, 0.88] : base;
}

function turbulence(x: number, y: number, octaves: number, seed: number): number {
  let [sum, weight, total] = [0, 0.5, 0];
  for (let octave = 0; octave < octaves; octave++) {
    const zoom = 2 ** octave;
    sum += weight * valueNoise(x * zoom, y * zoom, seed + octave * 101);
    total += weight;
    weight /= 2;
  }
  return sum / total;
}

/** Smooth noise between random values on the whole numbers. */
function valueNoise(x: number, y: number, seed: number): number {
  const [left, top] = [Math.floor(x), Math.floor(y)];
  const [u, v] = [smooth(0, 1, x - left), smooth(0, 1, y - top)];
  const upper = lerp(hash(left, top, seed), hash(left + 1, top, seed), u);
  const lower = lerp(hash(left, top + 1, seed), hash(left + 1, top + 1, seed), u);
  return lerp(upper, lower, v);
}

function hash(x: number, y: number, seed: number): number {
  let bits = Math.imul(x, 0x27d4eb2d) ^ Math.imul(y, 0x165667b1) ^ Math.imul(seed, 0x9e3779b1);
  bits = Math.imul(bits ^ (bits >>> 15), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}

function fraction(value: number): number {
  return value - Math.floor(value);
}

function clamp(value: number): number {
  return Math.min(1, Math.max(0, value));
}

function smooth(from: number, to: number, value: number): number {
  const part = clamp((value - from) / (to - from));
  return part * part * (3 - 2 * part);
}

function lerp(from: number, to: number, part: number): number {
  return from + (to - from) * part;
}

function mix(from: Rgb, to: Rgb, part: number): Rgb {
  const by = clamp(part);
  return [lerp(from[0], to[0], by), lerp(from[1], to[1], by), lerp(from[2], to[2], by)];
}

function scale(color: Rgb, by: number): Rgb {
  return [color[0] * by, color[1] * by, color[2] * by];
}
