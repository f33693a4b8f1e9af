/** Weights and pictures by the rule of the RelayFormer files: exact in float64, then rounded once. */
import type { WeightSource } from "@vicinity/checkpoint";
import { fnv1a32 } from "@vicinity/simplegvr";
import { sizeOf } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";

const UNIT = Math.sqrt(3);

/** Whole numbers below 2³² of the stream that a seed and a name open. */
function* numbers(text: string, count: number): Generator<number> {
  const start = fnv1a32(text);
  for (let index = 0; index < count; index++) {
    let a = (Math.imul(index, 2654435761) + start) >>> 0;
    a = Math.imul(a ^ (a >>> 16), 0x85ebca6b);
    a = Math.imul(a ^ (a >>> 13), 0xc2b2ae35);
    yield (a ^ (a >>> 16)) >>> 0;
  }
}

/** Factor and offset of the values of a tensor; the first rule that fits it counts. */
function spreadOf(name: string, shape: readonly number[]): (at: number) => [number, number] {
  const leaf = name.split(".").at(-1) ?? "";
  const [first = 1] = shape;
  const same = (scale: number, offset = 0) => (): [number, number] => [scale, offset];
  if (leaf === "lora_A") return same(UNIT / Math.sqrt(first));
  if (leaf === "lora_B") return same(0.3 * UNIT / Math.sqrt(8));
  if (leaf === "cls_token" || leaf === "reg_token") return same(UNIT);
  if (leaf === "pos_embed") return same(0.5 * UNIT);
  if (name.endsWith("mask_embed.weight")) return same(UNIT);
  const others = sizeOf(shape.slice(1));
  if (name.endsWith("input_proj.weight")) return same(0.15 * UNIT / Math.sqrt(others));
  if (leaf === "in_proj_weight") {
    const dim = shape[1] ?? 1;
    return (at) => [(at < dim * dim ? 1 : 6) * UNIT / Math.sqrt(dim), 0];
  }
  if (shape.length >= 2) return same(UNIT / Math.sqrt(others));
  return same(0.1 * UNIT, leaf === "weight" ? 1 : 0);
}

/**
 * The values of a tensor.
 *
 * @param seed Of the file.
 * @param name Official key.
 * @param shape Official shape.
 * @returns Its values.
 */
export function filledValues(
  seed: number,
  name: string,
  shape: readonly number[],
): Float32Array<ArrayBuffer> {
  const count = sizeOf(shape);
  if (name.endsWith("token_rotary_emb.freqs")) {
    return Float32Array.from({ length: count }, (_, k) => 10 ** (-k / count));
  }
  const spread = spreadOf(name, shape);
  const values = new Float32Array(count);
  let at = 0;
  for (const number of numbers(`${seed}:${name}`, count)) {
    const [scale, offset] = spread(at);
    values[at++] = scale * (number / 2 ** 31 - 1) + offset;
  }
  return values;
}

/**
 * A source that makes every weight it is asked for.
 *
 * @param seed Of the file.
 * @param prefix Module that the names start in.
 * @returns The source; it lists no keys.
 */
export function filledWeights(seed: number, prefix = ""): WeightSource {
  return {
    name: `weights filled from ${seed}`,
    keys: () => [],
    find: (key, shape = []) => ({
      dtype: "F32",
      shape,
      float32: () => Promise.resolve(filledValues(seed, prefix + key, shape)),
      chunks: async function* () {
        yield await Promise.resolve(
          new Uint8Array(filledValues(seed, prefix + key, shape).buffer),
        );
      },
    }),
  };
}

/** Which picture the rule makes. */
export interface FilledPicture {
  /** Of the picture or clip. */
  readonly seed: number;
  /** Frame of the clip. */
  readonly t: number;
  /** Rows. */
  readonly H: number;
  /** Columns. */
  readonly W: number;
}

/**
 * A picture: stripes with noise, and more noise in a rectangle that moves from frame to frame.
 *
 * @param which Seed, frame and size.
 * @returns The picture.
 */
export function filledPicture({ seed, t, H, W }: FilledPicture): RgbPicture {
  const data = new Uint8Array(H * W * 3);
  const [top, bottom] = [Math.floor(H / 4), Math.floor(H / 2)];
  const [left, right] = [Math.floor(W / 3) + t, Math.floor(2 * W / 3) + t];
  let at = 0;
  for (const number of numbers(`${1000 * seed + t}:image`, data.length)) {
    const [c, place] = [at % 3, Math.floor(at / 3)];
    const [x, y] = [place % W, Math.floor(place / W)];
    const inside = y >= top && y < bottom && x >= left && x < right;
    const base = ((x * (2 + c) + y * 3 + t * 5) >> 1) & 127;
    data[at++] = base + (inside ? number >>> 25 : number >>> 26);
  }
  return { width: W, height: H, data };
}
