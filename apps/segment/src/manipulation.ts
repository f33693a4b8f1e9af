import {
  type Analyst,
  CliError,
  encodePng,
  type FactsFor,
  type Finding,
  type LookPlan,
  type LookRequest,
  type PhotoSize,
  type ShownPicture,
  sizesOf,
  type Tally,
  wholeLook,
} from "@vicinity/cli";
import { encodeImage, encodeNpy, type RgbFrame } from "@vicinity/media";
import {
  type Alignment,
  type ForgeryLocalizer,
  type Localization,
  type LookMode,
  partition,
  placedExtent,
  windowsOf,
} from "@vicinity/relayformer";
import { maskRegions } from "@vicinity/vision";
import { paintHeat, paintMask, paintProbabilities } from "./paint_heat.ts";

/** What decides how a picture is looked at and shown. */
export interface ManipulationValues {
  /** A pixel counts as manipulated above it. */
  readonly threshold: number;
  /** Of the colours in the overlay. */
  readonly opacity: number;
  /** The value of `--mode`. */
  readonly mode: LookMode | "auto";
  /** The value of `--align`. */
  readonly align: Alignment;
  /** The value of `--flip`. */
  readonly flip: boolean;
}

/** What is found in a picture. */
export interface Found extends Localization {
  /** How it was looked at. */
  readonly mode: LookMode;
}

/** Regions below this share of the picture are in the mask but not in the list. */
const LEAST_REGION = 0.0005;

/** Finds out where pictures and videos were manipulated. */
export class ManipulationAnalyst implements Analyst<"manipulation", Found> {
  /** What its JSON calls the work. */
  readonly task = "manipulation";
  /** The results that it makes. */
  readonly products = {
    suffixes: {
      overlay: "overlay.png",
      mask: "mask.png",
      heatmap: "heatmap.png",
      probability: "probability.png",
      probs: "probs.npy",
      json: "json",
    },
    moving: ["overlay", "mask", "heatmap", "json"],
    usual: ["overlay", "mask", "heatmap", "json"],
  } as const;
  readonly #values: ManipulationValues;

  /** Takes the options. */
  constructor(values: ManipulationValues) {
    this.#values = values;
  }

  /** The size on the canvas with its tiles, or windows of the canvas. */
  plan(description: FactsFor<"manipulation">, { width, height }: PhotoSize): LookPlan {
    const mode = this.#modeOf(description);
    const { canvas } = description.network;
    requireRoom(canvas.size, mode, { width, height });
    const looks = this.#values.flip ? 2 : 1;
    if (mode !== "native") {
      const placed = placedExtent([height, width], canvas, mode);
      return { mode, ...wholeLook(placed, looks), tiles: partition(canvas, placed).tiles.length };
    }
    const windows = windowsOf([height, width], canvas.size);
    const extents = windows.map(({ rows, cols }) => [rows.length, cols.length] as const);
    return {
      ...{ mode, ...wholeLook([height, width], looks) },
      ...{ windows: looks * windows.length, window: sizesOf(extents) },
    };
  }

  /** A clip. */
  framesTogether({ clipFrames }: FactsFor<"manipulation">): number {
    return clipFrames;
  }

  /** Looks at a picture. */
  async look(localizer: ForgeryLocalizer, picture: RgbFrame, wanted: LookRequest): Promise<Found> {
    const options = this.#options(localizer, wanted);
    checkMode(localizer, options.mode, picture, wanted);
    return { ...await localizer.run(picture, options), mode: options.mode };
  }

  /** Looks at the frames of a video, clip by clip. */
  async *lookAlong(
    localizer: ForgeryLocalizer,
    frames: AsyncIterable<RgbFrame>,
    wanted: LookRequest,
  ): AsyncGenerator<Found> {
    const options = this.#options(localizer, wanted);
    const checked = async function* (): AsyncGenerator<RgbFrame> {
      let first = true;
      for await (const frame of frames) {
        if (first) checkMode(localizer, options.mode, frame, wanted);
        first = false;
        yield frame;
      }
    };
    for await (const found of localizer.stream(checked(), options)) {
      yield { ...found, mode: options.mode };
    }
  }

  /** A probability of each pixel. */
  heldBytes({ probabilities }: Found): number {
    return probabilities.byteLength;
  }

  /** Writes a result of a picture. */
  async encode(product: string, found: Found, { picture }: ShownPicture): Promise<Uint8Array> {
    const { width, height, probabilities } = found;
    const grey = (data: Uint8Array | Uint16Array, depth: 8 | 16) =>
      encodeImage({ width, height, channels: 1, depth, data }, { format: "png" });
    switch (product) {
      case "overlay":
        return await encodePng(this.paint(product, found, picture));
      case "mask":
        return await grey(paintMask(probabilities, this.#values.threshold), 8);
      case "heatmap":
        return await grey(paintProbabilities(probabilities, 8), 8);
      case "probability":
        return await grey(paintProbabilities(probabilities, 16), 16);
      default:
        return encodeNpy(probabilities, [height, width]);
    }
  }

  /** Paints a frame of a video, or the overlay of a picture. */
  paint(product: string, { probabilities }: Found, frame: RgbFrame): RgbFrame {
    const { threshold, opacity } = this.#values;
    if (product === "overlay") return paintHeat(frame, probabilities, { threshold, opacity });
    const grey = product === "mask"
      ? paintMask(probabilities, threshold)
      : paintProbabilities(probabilities, 8);
    return { ...frame, data: frame.data.map((_, at) => grey[Math.floor(at / 3)] ?? 0) };
  }

  /** Sums up a picture, or the frames of a video. */
  tally(): Tally<Found> {
    const frames: FrameRecord[] = [];
    let single: Found | undefined;
    const { threshold } = this.#values;
    return {
      add: (found, time) => {
        single = time === undefined ? found : undefined;
        const { score, fraction, mode } = found;
        frames.push({ t: shortened(time ?? 0), score, fraction, mode });
      },
      get finding(): Finding {
        return single === undefined
          ? videoFinding(frames, threshold)
          : pictureFinding(single, threshold);
      },
    };
  }

  #modeOf({ mode }: FactsFor<"manipulation">): LookMode {
    return this.#values.mode === "auto" ? mode : this.#values.mode;
  }

  #options({ description }: ForgeryLocalizer, { scope }: LookRequest) {
    const { align, flip, threshold } = this.#values;
    return {
      mode: this.#modeOf(description),
      alignment: align,
      flip,
      threshold,
      signal: scope.signal,
    };
  }
}

/** Refuses what does not fit a way of looking. */
function requireRoom(size: number, mode: LookMode, { width, height }: PhotoSize): void {
  if (mode !== "pad" || Math.max(width, height) <= size) return;
  const message = `${width} x ${height} pixels do not fit the model's canvas of ${size} x ${size}`;
  throw new CliError("IMAGE_TOO_LARGE", message, {
    hint: "--mode fit, native and crop take larger pictures",
  });
}

/** What is kept of a frame. */
interface FrameRecord {
  readonly t: number;
  readonly score: number;
  readonly fraction: number;
  readonly mode: LookMode;
}

/** Refuses what does not fit a way of looking, and tells what that loses. */
function checkMode(
  { description }: ForgeryLocalizer,
  mode: LookMode,
  { width, height }: PhotoSize,
  { scope }: LookRequest,
): void {
  const { size } = description.network.canvas;
  requireRoom(size, mode, { width, height });
  const larger = Math.max(width, height) > size;
  if (mode === "crop" && larger) {
    const message = `only the upper left ${Math.min(width, size)} x ${Math.min(height, size)} of ` +
      `${width} x ${height} pixels are looked at; --mode fit or native sees all`;
    scope.warn({ code: "CROPPED", message });
  }
  const [stretched, wanted] = [mode, description.mode].map((it) => it === "resize");
  if (stretched !== wanted || (larger && mode === "fit" && description.mode === "native")) {
    const message = `the model was trained for --mode ${description.mode}; --mode ${mode} shows ` +
      "it something else";
    scope.warn({ code: "INPUT_MODE", message });
  }
}

function pictureFinding(found: Found, threshold: number): Finding {
  const { width, probabilities, score, fraction, mode } = found;
  const least = LEAST_REGION * probabilities.length;
  const regions = maskRegions(probabilities, width, threshold)
    .filter(({ pixels }) => pixels >= least)
    .map(({ box, pixels, mean, peak }) => ({
      box,
      pixels,
      mean: shortened(mean),
      peak: shortened(peak),
    }));
  return {
    result: {
      score: shortened(score),
      threshold,
      tamperedFraction: shortened(fraction),
      mode,
      regions,
    },
    summary: `score ${score.toFixed(2)}, ${percent(fraction)} above ${threshold}, ` +
      `${regions.length} ${regions.length === 1 ? "region" : "regions"}`,
  };
}

/** The whole of a video has the score of its most suspicious frame. */
function videoFinding(frames: readonly FrameRecord[], threshold: number): Finding {
  const most = (of: (frame: FrameRecord) => number) =>
    frames.reduce((largest, frame) => Math.max(largest, of(frame)), 0);
  const mean = (of: (frame: FrameRecord) => number) =>
    frames.reduce((sum, frame) => sum + of(frame), 0) / Math.max(1, frames.length);
  const score = most((frame) => frame.score);
  const fraction = mean((frame) => frame.fraction);
  return {
    result: {
      score: shortened(score),
      meanScore: shortened(mean((frame) => frame.score)),
      threshold,
      tamperedFraction: shortened(fraction),
      largestFraction: shortened(most((frame) => frame.fraction)),
      mode: frames[0]?.mode ?? null,
      frames: frames.map((frame) => ({
        t: frame.t,
        score: shortened(frame.score),
        fraction: shortened(frame.fraction),
      })),
    },
    summary: `score at most ${score.toFixed(2)}, ${percent(fraction)} above ${threshold} ` +
      `in ${frames.length} frames`,
  };
}

function percent(fraction: number): string {
  return `${(100 * fraction).toFixed(1)} %`;
}

/** Six digits. */
function shortened(value: number): number {
  return Number(value.toPrecision(6));
}
