/** Cuts between scenes, so that nothing of one scene leaks into the next. */
import type { Samples } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { whiteOfFrame } from "./pre.ts";

/** Side of the blocks whose mean brightness is compared. */
const BLOCK = 8;
/** Mean difference of block brightness, 0 to 1, above which a frame starts a new scene. */
const DIFFERENCE = 0.12;
/** Half the summed difference of brightness histograms that must come with it. */
const HISTOGRAM_DISTANCE = 0.25;
const BINS = 16;

/** Brightness of a frame, reduced to blocks. */
function blockLuma(frame: RgbPicture<Samples>): Float32Array {
  const { width, height, data } = frame;
  const white = whiteOfFrame(frame);
  const cols = Math.ceil(width / BLOCK);
  const rows = Math.ceil(height / BLOCK);
  const sums = new Float32Array(rows * cols);
  const counts = new Float32Array(rows * cols);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 3;
      const block = Math.floor(y / BLOCK) * cols + Math.floor(x / BLOCK);
      // Rec. 709 weights on the coded values.
      const luma = 0.2126 * (data[at] ?? 0) + 0.7152 * (data[at + 1] ?? 0) +
        0.0722 * (data[at + 2] ?? 0);
      sums[block] = (sums[block] ?? 0) + luma / white;
      counts[block] = (counts[block] ?? 0) + 1;
    }
  }
  return sums.map((sum, block) => sum / (counts[block] ?? 1));
}

function histogram(luma: Float32Array): Float32Array {
  const bins = new Float32Array(BINS);
  for (const value of luma) {
    const bin = Math.min(BINS - 1, Math.floor(value * BINS));
    bins[bin] = (bins[bin] ?? 0) + 1 / luma.length;
  }
  return bins;
}

function sumOfDifferences(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + Math.abs(value - (b[index] ?? 0)), 0);
}

/** Watches frames go by and says where a new scene starts. */
export class SceneCuts {
  #last: Float32Array | undefined;

  /**
   * Compares a frame with the one before.
   *
   * @param frame The next frame; all have one size.
   * @returns Whether it starts a new scene. The first frame does not.
   */
  startsScene(frame: RgbPicture<Samples>): boolean {
    const luma = blockLuma(frame);
    const last = this.#last;
    this.#last = luma;
    if (!last) return false;
    return sumOfDifferences(luma, last) / luma.length > DIFFERENCE &&
      sumOfDifferences(histogram(luma), histogram(last)) / 2 > HISTOGRAM_DISTANCE;
  }
}
