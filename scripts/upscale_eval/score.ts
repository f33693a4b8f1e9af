/** Means of the metrics over the frames of a clip, and over clips. */
import type { RgbFrame } from "@vicinity/media";
import { gmsd, psnr, ssim } from "@vicinity/simplegvr";

/** Quality of a clip. */
export interface Score {
  /** Mean over the frames of the decibels over all colours. */
  readonly psnr: number;
  /** Mean structural similarity of luma. */
  readonly ssim: number;
  /** Mean gradient deviation of luma; lower is better. */
  readonly gmsd: number;
}

/** Difference between two runs that should agree. */
export interface Agreement {
  /** Decibels over all frames together; infinite when they are equal. */
  readonly psnr: number;
  /** Largest difference of a byte. */
  readonly largest: number;
}

/** Frames that belong together. */
export type FramePair = readonly [frame: RgbFrame, reference: RgbFrame];

/**
 * Walks along two videos.
 *
 * @param frames The one.
 * @param references The other.
 * @throws {RangeError} If they have not as many frames.
 */
export async function* sideBySide(
  frames: AsyncIterable<RgbFrame>,
  references: AsyncIterable<RgbFrame>,
): AsyncGenerator<FramePair> {
  const others = references[Symbol.asyncIterator]();
  let count = 0;
  for await (const frame of frames) {
    const { value, done } = await others.next();
    if (done) throw new RangeError(`Cannot compare: the reference ends after ${count} frames.`);
    count++;
    yield [frame, value];
  }
  if (!(await others.next()).done) {
    throw new RangeError(`Cannot compare: the reference has more than ${count} frames.`);
  }
}

/** Scores a clip frame by frame. */
export async function scoreOf(pairs: AsyncIterable<FramePair>): Promise<Score> {
  const scores: Score[] = [];
  for await (const [frame, reference] of pairs) {
    scores.push({
      psnr: psnr(frame, reference),
      ssim: ssim(frame, reference),
      gmsd: gmsd(frame, reference),
    });
  }
  return meanScore(scores);
}

/** Mean of scores. */
export function meanScore(scores: readonly Score[]): Score {
  const mean = (value: (score: Score) => number) =>
    scores.reduce((sum, score) => sum + value(score), 0) / scores.length;
  return {
    psnr: mean(({ psnr }) => psnr),
    ssim: mean(({ ssim }) => ssim),
    gmsd: mean(({ gmsd }) => gmsd),
  };
}

/** Compares a run with another one, byte by byte, while its frames pass by. */
export class Comparison {
  #squares = 0;
  #count = 0;
  #largest = 0;

  /**
   * Lets frames pass and compares them.
   *
   * @param frames The run.
   * @param others The other one.
   * @returns The frames of the run.
   */
  async *watch(
    frames: AsyncIterable<RgbFrame>,
    others: AsyncIterable<RgbFrame>,
  ): AsyncGenerator<RgbFrame> {
    for await (const [frame, { data }] of sideBySide(frames, others)) {
      if (data.length !== frame.data.length) {
        throw new RangeError(
          `Cannot compare frames of ${frame.data.length} and ${data.length} bytes.`,
        );
      }
      frame.data.forEach((value, at) => {
        const difference = Math.abs(value - (data[at] ?? 0));
        this.#squares += difference ** 2;
        this.#largest = Math.max(this.#largest, difference);
      });
      this.#count += data.length;
      yield frame;
    }
  }

  /** What was found so far. */
  get agreement(): Agreement {
    return {
      psnr: 10 * Math.log10(255 ** 2 * this.#count / this.#squares),
      largest: this.#largest,
    };
  }
}
