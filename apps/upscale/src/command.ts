import { join } from "node:path";
import {
  CliError,
  type Command,
  describeInput,
  type Finding,
  type Input,
  type ItemScope,
  type Job,
  type Run,
  type RunInfo,
  userPath,
} from "@vicinity/cli";
import {
  containerEnding,
  kindOf,
  PICTURE_ENDINGS,
  pictureFormat,
  VIDEO_ENDINGS,
  writeDemoClip,
} from "@vicinity/media";
import { Engine, type UpscaleContext } from "./engine.ts";
import { UPSCALE_OPTIONS } from "./options.ts";
import { type PreparedPicture, preparePicture, upscalePicture } from "./picture.ts";
import { upscaleInParts } from "./resume/parts.ts";
import { sizeName } from "./target_size.ts";
import { gatherSequences } from "./sequence/gather.ts";
import { type PreparedSequence, prepareSequence, upscaleSequence } from "./sequence/sequence.ts";
import { type PreparedVideo, prepareVideo, upscaleVideo } from "./video.ts";

type Prepared = PreparedPicture | PreparedSequence | PreparedVideo;

const OWN_PRODUCT = /\.(x[1-4](\.\d+)?|to(\d+|auto)x(\d+|auto))(\.compare)?\.\w+$/;
const DEMONSTRATION = "vicinity-demo.mp4";

/** Makes videos and pictures larger and sharper. */
export const upscaleCommand: Command<typeof UPSCALE_OPTIONS, Prepared> = {
  name: "upscale",
  tasks: ["upscale"],
  summary: "Makes videos and pictures larger and sharper; without an input, a demonstration clip.",
  examples: [
    "",
    "photo.png",
    "clip.mp4 --scale 3 --compare",
    "holiday/ -r -o large --skip-existing",
    '"clips/*.mkv" --size 1920x-1 --crf 14',
    "frames/ --fps 24 -o film.mp4",
    "- -o - < small.png > large.png",
  ],
  options: UPSCALE_OPTIONS,
  extensions: [...PICTURE_ENDINGS, ...VIDEO_ENDINGS],
  isOwnProduct: (name) => OWN_PRODUCT.test(name),
  gather: (inputs, { fps, out }) =>
    fps === undefined
      ? inputs
      : gatherSequences(inputs, out === undefined ? undefined : userPath(out)),
  demonstrate: async (folder) => {
    await Deno.mkdir(folder, { recursive: true });
    const path = join(folder, DEMONSTRATION);
    await writeDemoClip(path, { overwrite: true });
    return path;
  },
  showcase: "last",
  begin: (context) => new UpscaleRun(context),
};

class UpscaleRun implements Run<Prepared> {
  readonly #context: UpscaleContext;
  readonly #engine: Engine;
  readonly #compares: boolean;
  readonly #types = new Map<string, Prepared["type"]>();
  readonly #inParts: boolean;
  #done = 0;

  constructor(context: UpscaleContext) {
    const { values, given, demonstration } = context;
    requireUsableParts(values);
    if (given.has("scale") && given.has("size")) {
      throw new CliError("USAGE", "--scale and --size exclude each other", { hint: "give one" });
    }
    const ofDetail = ["steps", "noise"].find((name) => given.has(name));
    if (ofDetail !== undefined && values.mode !== "detail") {
      throw new CliError("USAGE", `--${ofDetail} is for --mode detail, which draws`, {
        hint: "add --mode detail, or leave it out",
      });
    }
    this.#context = context;
    this.#engine = new Engine(context);
    this.#compares = values.compare || demonstration;
    this.#inParts = values.resume || values.restart;
  }

  readonly task = "upscale";

  get info(): RunInfo {
    return this.#engine.info;
  }

  suffixes(input: Input, head: Uint8Array): readonly string[] {
    const { values } = this.#context;
    const { type, format } = input.members === undefined
      ? kindOf(input.path, head)
      : { type: "video", format: "mp4" } as const;
    this.#types.set(input.path, type);
    const ending = type === "video"
      ? containerEnding(input.path, format)
      : values.format === "same"
      ? pictureFormat(format) ?? "png"
      : values.format === "auto"
      ? "png"
      : values.format;
    const size = sizeName(values.size ?? { scale: values.scale });
    return [`${size}.${ending}`, ...(this.#compares ? [`${size}.compare.${ending}`] : [])];
  }

  takesAnyFormat(): boolean {
    return true;
  }

  async prepare(job: Job, signal: AbortSignal): Promise<Prepared> {
    const { values, progress } = this.#context;
    const { fps } = values;
    if (job.input.members !== undefined && fps !== undefined) {
      return await prepareSequence(job, { ...values, fps }, signal);
    }
    return this.#types.get(job.input.path) === "video"
      ? await prepareVideo(job, values, { signal, progress })
      : await preparePicture(job, values);
  }

  describe(prepared: Prepared): Readonly<Record<string, unknown>> {
    if (prepared.type !== "sequence") return describeInput(prepared);
    const { files, rate, source } = prepared;
    const fps = Number((rate.num / rate.den).toPrecision(6));
    return { type: "sequence", ...source, frames: files.length, fps };
  }

  plan(prepared: Prepared): Readonly<Record<string, unknown>> {
    const { size } = prepared;
    const { width, height } = size;
    const common = { width, height, modelScale: size.factor };
    if (prepared.type === "picture") return common;
    if (prepared.type === "sequence") {
      const { files, rate } = prepared;
      return { ...common, frames: files.length, rate: rateText(rate), audio: 0, subtitles: 0 };
    }
    const { info, range } = prepared;
    return {
      ...common,
      frames: range.end - range.start,
      rate: info.constantRate === null ? "variable" : rateText(info.constantRate),
      audio: info.audio.length,
      subtitles: info.subtitles.length,
    };
  }

  async checkModel(): Promise<void> {
    await this.#engine.checkModel();
  }

  async run(
    job: Job,
    prepared: Prepared,
    scope: ItemScope,
  ): Promise<Finding> {
    const { values, progress, count, demonstration } = this.#context;
    const [target = "", comparison] = job.targets;
    const { size } = prepared;
    const common = { target, comparison, values, scope };
    const result = { scale: scaleOf(prepared), width: size.width, height: size.height };
    if (prepared.type !== "picture") {
      const place = count > 1 ? `[${this.#done + 1}/${count}] ` : "";
      const shown = `${place}${job.input.shown}`;
      const isCopiedInput = demonstration || job.input.shown === "-";
      const task = { ...common, shown, progress, isCopiedInput };
      const outcome = prepared.type === "sequence"
        ? { frames: await upscaleSequence(this.#engine, prepared, task) }
        : this.#inParts
        ? await upscaleInParts(this.#engine, prepared, task)
        : { frames: await upscaleVideo(this.#engine, prepared, task) };
      this.#done++;
      return { result: { ...result, ...outcome, ...this.#settings(prepared) } };
    }
    await upscalePicture(this.#engine, prepared, common);
    this.#done++;
    progress.report({ phase: "run", done: this.#done, total: count, unit: "input" });
    return { result: { ...result, frames: 1, ...this.#settings(prepared) } };
  }

  #settings({ size }: Prepared): Readonly<Record<string, unknown>> {
    const { mode, seed } = this.#context.values;
    return { modelScale: size.factor, mode, seed };
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }
}

/** Output options of ffmpeg that end a file early. */
const CUTS_LENGTH = /^-(t|to|ss|fs|vframes|frames(:.*)?|shortest)$/;

function requireUsableParts(
  { resume, restart, out, fps, "encoder-args": moreOptions }: UpscaleContext["values"],
): void {
  if (resume && restart) {
    throw new CliError("USAGE", "--resume and --restart exclude each other", { hint: "give one" });
  }
  const name = resume ? "--resume" : "--restart";
  if ((resume || restart) && fps !== undefined) {
    throw new CliError("USAGE", `${name} is for videos, --fps for pictures`, {
      hint: "without --fps every picture gets a result of its own, and --skip-existing goes on",
    });
  }
  const cutting = moreOptions?.split(/\s+/).find((word) => CUTS_LENGTH.test(word));
  if ((resume || restart) && cutting !== undefined) {
    throw new CliError(
      "USAGE",
      `${name} writes parts, which ${cutting} in --encoder-args would cut`,
      {
        hint: "--start, --end and --frames take a part of a video",
      },
    );
  }
  if ((resume || restart) && out === "-") {
    throw new CliError("USAGE", `${name} keeps parts beside the result, -o - has no such place`, {
      hint: "name a file or a folder with -o",
    });
  }
}

function scaleOf(prepared: Prepared): number {
  const { width } = prepared.type === "video"
    ? prepared.info
    : prepared.type === "sequence"
    ? prepared.source
    : prepared.image;
  return Number((prepared.size.width / width).toPrecision(6));
}

function rateText({ num, den }: { readonly num: number; readonly den: number }): string {
  return den === 1 ? `${num}` : `${num}/${den}`;
}
