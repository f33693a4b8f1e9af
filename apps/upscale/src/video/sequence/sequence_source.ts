import {
  CliError,
  decodeInput,
  type FrameRange,
  frameRange,
  type Input,
  type Job,
  planVideo,
  readInput,
  tellOfPages,
  toCliError,
  type VideoPlan,
  type Warning,
} from "@vicinity/cli";
import {
  type EncoderOptions,
  type FrameDepth,
  imageSize,
  type Rational,
  type RgbFrame,
  type Samples,
} from "@vicinity/media";
import { basename } from "node:path";
import type { CodedSource } from "../../coding.ts";
import type { UpscaleContext } from "../../engine.ts";
import { flatten, splitAlpha } from "../../planes.ts";
import type { FrameSource, SourceFrames, SourceRange, SourceTimes } from "../frame_source.ts";
import { hashOfEnds } from "../resume/hash_of_ends.ts";
import type { Settings } from "../resume/state.ts";
import { gaps } from "./gather.ts";

/** The options, with a rate. */
type Values = UpscaleContext["values"] & { readonly fps: Rational };

/** What pictures of one video have in common. */
interface PictureLook {
  readonly width: number;
  readonly height: number;
  /** Bits of a sample of the deepest. */
  readonly depth: FrameDepth;
}

/** Pictures that are the frames of a video. */
export class SequenceSource implements FrameSource {
  /** Columns of every frame. */
  readonly width: number;
  /** Rows of every frame. */
  readonly height: number;
  /** Pictures have no other shape of pixels. */
  readonly sampleAspectRatio: Rational = { num: 1, den: 1 };
  /** Pictures have all of their colours, and as many bits as the deepest of them. */
  readonly coded: CodedSource;
  readonly #files: readonly Input[];
  readonly #values: Values;

  /**
   * Takes pictures of one size.
   *
   * @param files The frames that are wanted, in order.
   * @param look The size of each, and bits of a sample of the deepest.
   * @param values The options.
   */
  constructor(
    files: readonly Input[],
    look: PictureLook,
    values: Values,
  ) {
    this.#files = files;
    this.width = look.width;
    this.height = look.height;
    this.coded = {
      pixelFormat: look.depth === 16 ? "yuv444p16le" : "yuv444p",
      bitDepth: look.depth,
    };
    this.#values = values;
  }

  /** Frames that are wanted. */
  get frames(): number {
    return this.#files.length;
  }

  /** Decodes some of the frames; videos know no transparency, so all are opaque. */
  decode(range: SourceRange): SourceFrames {
    const warnings: Warning[] = [];
    const files = this.#files.slice(range.start, range.end);
    return Object.assign(decode(files, this.#values, range, warnings), { warnings });
  }

  /** The rate, and which numbers are missing. */
  times(): Promise<SourceTimes> {
    const notes = gaps(this.#files).map((message) => ({ code: "FRAMES_MISSING", message }));
    return Promise.resolve({
      whole: { rate: this.#values.fps },
      notes,
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  }

  /** Every picture was found and has its size. */
  missing(): undefined {
    return undefined;
  }

  /** Pictures become the only stream. */
  plan(target: string, options: Partial<EncoderOptions>): VideoPlan {
    return planVideo({ rate: this.#values.fps, frames: this.frames }, target, options);
  }

  /** What decides the frames: the rate, how pictures become opaque, and every picture. */
  async settings(): Promise<Settings> {
    const { fps, alpha, background, "allow-truncated": allowTruncated } = this.#values;
    const pictures: Record<string, string> = {};
    for (const { path } of this.#files) {
      const { size: bytes, mtime } = await Deno.stat(path);
      const hash = await hashOfEnds(path, bytes);
      pictures[basename(path)] = `${bytes} bytes of ${mtime?.toISOString()}, ${hash.slice(0, 16)}`;
    }
    return {
      fps: `${fps.num}/${fps.den}`,
      alpha: alpha === "drop" ? alpha : "kept",
      background: background.join(" "),
      "allow-truncated": allowTruncated,
      frames: this.frames,
      ...pictures,
    };
  }

  /** What the JSON says of the pictures. */
  describe(): Readonly<Record<string, unknown>> {
    const { width, height, frames } = this;
    const { num, den } = this.#values.fps;
    return { type: "sequence", width, height, frames, fps: Number((num / den).toPrecision(6)) };
  }
}

/**
 * Checks that pictures can be the frames of one video.
 *
 * @param job The pictures and their result.
 * @param values The options.
 * @param signal Stops the work.
 * @returns The frames.
 * @throws {CliError} `INPUT_KIND` when a frame has another size than the first.
 */
export async function openSequenceSource(
  { input }: Job,
  values: Values,
  signal: AbortSignal,
): Promise<SequenceSource> {
  const all = input.members ?? [];
  const { start, end } = wantedFrames(all.length, values);
  const files = all.slice(start, end);
  let look: PictureLook | undefined;
  for (const file of files) {
    signal.throwIfAborted();
    const found = await naming(
      file,
      async () => await imageSize(await readInput(file), { maxPixels: values["max-pixels"] }),
    );
    look ??= found;
    if (found.depth > look.depth) look = { ...look, depth: found.depth };
    if (found.width === look.width && found.height === look.height) continue;
    const sizes =
      `${found.width} x ${found.height}, the frames before it ${look.width} x ${look.height}`;
    throw new CliError("INPUT_KIND", `this frame has ${sizes}`, {
      file: file.shown,
      hint: "bring all frames to one size, or keep those of another film in a folder of their own",
    });
  }
  if (look === undefined) throw new CliError("NO_INPUT", "there is no frame");
  return new SequenceSource(files, look, values);
}

function wantedFrames(frames: number, values: Values): FrameRange {
  const { num, den } = values.fps;
  const times = Float64Array.from({ length: frames }, (_, index) => index * den / num);
  return frameRange({ frames, times, duration: frames * den / num }, values);
}

/** Losses are told once for all frames. */
async function* decode(
  files: readonly Input[],
  values: Values,
  { depth, signal }: SourceRange,
  warnings: Warning[],
): AsyncGenerator<RgbFrame<Samples>, void, void> {
  const once = (warning: Warning) => {
    if (!warnings.some(({ code }) => code === warning.code)) warnings.push(warning);
  };
  for (const file of files) {
    signal.throwIfAborted();
    const image = await naming(file, async () => await decodeInput(file, values, "srgb"));
    tellOfPages(image, once);
    const planes = splitAlpha(image, depth);
    if (planes.alpha === undefined || values.alpha === "drop") yield planes.color;
    else {
      once({ code: "ALPHA", message: "videos have no transparency: it was put on --background" });
      yield flatten(planes, values.background);
    }
  }
}

/** Errors of one of many frames name it. */
async function naming<T>(file: Input, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toCliError(error, file.shown);
  }
}
