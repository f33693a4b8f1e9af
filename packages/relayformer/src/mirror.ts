/** Looking at the mirrored picture too. */
import type { RgbPicture } from "@vicinity/vision";

/**
 * Exchanges left and right.
 *
 * @param picture RGB, 8 bits.
 * @returns A new picture.
 */
export function mirroredPicture({ width, height, data }: RgbPicture): RgbPicture {
  const mirrored = data.map((_, at) => {
    const [channel, pixel] = [at % 3, Math.floor(at / 3)];
    return data[mirroredPlace(pixel, width) * 3 + channel] ?? 0;
  });
  return { width, height, data: mirrored };
}

/** What the two looks at a picture gave. */
export interface MirroredLooks {
  /** Probabilities of the picture, row-major. */
  readonly plain: Float32Array;
  /** Those of the mirrored picture, mirrored as it is. */
  readonly mirrored: Float32Array;
  /** Columns of the picture. */
  readonly width: number;
  /** Columns that a look sees, from its left: of a cropped picture the mirrored look sees others. */
  readonly seen: number;
}

/**
 * Averages two looks where both or neither saw the picture, and takes the one that did elsewhere: what
 * a look says of pixels outside its canvas is no opinion.
 *
 * @param looks Both, and what they saw.
 * @returns Probabilities of the picture, row-major.
 */
export function joinedLooks({ plain, mirrored, width, seen }: MirroredLooks): Float32Array {
  return plain.map((value, at) => {
    const other = mirrored[mirroredPlace(at, width)] ?? value;
    const column = at % width;
    const [plainSaw, mirroredSaw] = [column < seen, width - 1 - column < seen];
    if (plainSaw === mirroredSaw) return (value + other) / 2;
    return plainSaw ? value : other;
  });
}

/** Where the pixel of a row-major place lies when left and right are exchanged. */
function mirroredPlace(place: number, width: number): number {
  return place + width - 1 - 2 * (place % width);
}
