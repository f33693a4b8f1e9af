import { join } from "node:path";
import {
  CliError,
  type Command,
  describeInput,
  type Finding,
  type Input,
  type ItemScope,
  type Job,
  type NamedResult,
  type PlanRequest,
  type PlanResult,
  readProducts,
  requireProducts,
  type Run,
  type RunInfo,
  toCliError,
  userPath,
} from "@vicinity/cli";
import {
  containerEnding,
  containerOf,
  kindOf,
  PICTURE_ENDINGS,
  pictureFormat,
  VIDEO_ENDINGS,
  writeDemoClip,
} from "@vicinity/media";
import type { WorkPlan } from "@vicinity/vision";
import { codingOf } from "./coding.ts";
import { Engine, type UpscaleContext } from "./engine.ts";
import { ABSENT_OPTIONS, UPSCALE_OPTIONS } from "./options.ts";
import {
  type EnlargedPicture,
  type PictureTask,
  type PreparedPicture,
  preparePicture,
  upscalePicture,
} from "./picture.ts";
import { outputBytes } from "./output_bytes.ts";
import { PRODUCTS, resultsOf } from "./products.ts";
import { sizeName, targetSize } from "./target_size.ts";
import { planParts, upscaleInParts } from "./video/resume/parts.ts";
import { gatherSequences } from "./video/sequence/gather.ts";
import { openSequenceSource } from "./video/sequence/sequence_source.ts";
import type { FrameSource } from "./video/frame_source.ts";
import { openVideoSource } from "./video/video_source.ts";
import type { PreparedVideo, VideoTask } from "./video/video_task.ts";
import { upscaleWhole } from "./video/whole.ts";

type Prepared = PreparedPicture | PreparedVideo;

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
    "frames/ --fps 24 -o film.mp4 --resume",
    "- -o - < small.png > large.png",
  ],
  options: UPSCALE_OPTIONS,
  absent: ABSENT_OPTIONS,
  hints: {
    GPU_OOM: "give a smaller --tile, or raise --max-memory where the card has more",
    VIDEO_HDR: "--hdr tonemap brings it to standard dynamic range, --hdr keep leaves it as it is",
  },
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

/** What came of an input: how many frames, and what of them is still to be written. */
interface Enlarged extends Partial<EnlargedPicture> {
  readonly frames: number;
}

class UpscaleRun implements Run<Prepared> {
  readonly #context: UpscaleContext;
  readonly #engine: Engine;
  readonly #products: readonly string[];
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
    const isCompared = values.compare || (demonstration && !given.has("save"));
    const saved = readProducts(PRODUCTS, values.save);
    this.#products = [...new Set([...saved, ...(isCompared ? ["compare"] : [])])];
    requireProducts(this.#products, values.json);
    this.#inParts = values.resume || values.restart;
  }

  readonly task = "upscale";

  get info(): RunInfo {
    return this.#engine.info;
  }

  get seed(): number {
    return this.#context.values.seed;
  }

  results(input: Input, head: Uint8Array): readonly NamedResult[] {
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
    return this.#products.map((product) => ({
      product,
      suffix: `${size}.${PRODUCTS.suffixes[product]}${ending}`,
    }));
  }

  takesAnyFormat(): boolean {
    return true;
  }

  async prepare(job: Job, signal: AbortSignal): Promise<Prepared> {
    const { values } = this.#context;
    if (this.#types.get(job.input.path) !== "video") {
      return await preparePicture(job, this.#products, values);
    }
    for (const target of job.targets) if (target !== "-") containerOf(target);
    const source = await this.#open(job, signal);
    const [target = "-"] = job.targets;
    if (target !== "-") await codingOf(values, source.coded, target);
    const size = targetSize(source, values.size ?? { scale: values.scale });
    return { type: "video", source, size };
  }

  async #open(job: Job, signal: AbortSignal): Promise<FrameSource> {
    const { values, progress, demonstration } = this.#context;
    const { input } = job;
    const { fps } = values;
    if (input.members !== undefined && fps !== undefined) {
      return await openSequenceSource(job, { ...values, fps }, signal);
    }
    const isCopied = demonstration || input.shown === "-";
    return await openVideoSource(job, values, { signal, progress, isCopied });
  }

  describe(prepared: Prepared): Readonly<Record<string, unknown>> {
    return prepared.type === "video" ? prepared.source.describe() : describeInput(prepared);
  }

  async plan(prepared: Prepared, { job, room }: PlanRequest): Promise<PlanResult> {
    const { values } = this.#context;
    const { size } = prepared;
    const frames = prepared.type === "video" ? prepared.source : { ...prepared.image, frames: 1 };
    const work = room && this.#engine.plan(room, frames, size);
    const common = {
      width: size.width,
      height: size.height,
      modelScale: size.factor,
      ...(work === undefined ? {} : { work: describePlan(work) }),
    };
    const results = resultsOf(this.#products, job, size);
    if (prepared.type === "picture") return common;
    const [main] = results;
    const coding = await codingOf(values, prepared.source.coded, main?.target);
    const video = main && { video: prepared.source.plan(main.target, coding.options) };
    // Whether parts can be used follows from the model too.
    const resume = this.#inParts && room !== undefined
      ? { resume: await planParts(this.#engine, prepared, { values, results, coding }) }
      : {};
    return { ...common, ...video, ...resume };
  }

  outputBytes(prepared: Prepared, job: Job): number {
    const { size } = prepared;
    const frames = prepared.type === "video" ? prepared.source.frames : undefined;
    // Parts are there until they are joined.
    const extent = { height: size.height, frames, copies: this.#inParts ? 2 : 1 };
    return outputBytes(resultsOf(this.#products, job, size), extent, this.#context.values);
  }

  async checkModel(): Promise<void> {
    await this.#engine.checkModel();
  }

  async run(
    job: Job,
    prepared: Prepared,
    scope: ItemScope,
  ): Promise<Finding> {
    const { values, progress, count } = this.#context;
    const { size } = prepared;
    const place = count > 1 ? `[${this.#done + 1}/${count}] ` : "";
    const shown = `${place}${job.input.shown}`;
    const results = resultsOf(this.#products, job, size);
    const common = { results, values, scope, progress, shown };
    const enlarge = () =>
      prepared.type === "video" ? this.#video(prepared, common) : this.#picture(prepared, common);
    const { write, heldBytes, ...outcome } = await enlarge().catch((error: unknown) => {
      if (toCliError(error).code !== "NUMERIC" || !this.#engine.widen()) throw error;
      const message = "numbers were too large for 16 bits: the work goes on in 32 bits from here";
      scope.warn({ code: "NUMERIC", message });
      return enlarge();
    });
    this.#done++;
    const { width, height } = size;
    const result = { scale: scaleOf(prepared), width, height, ...outcome };
    return {
      result: { ...result, ...this.#settings(prepared) },
      ...(results.length === 0 ? { summary: "enlarged, and nothing saved" } : {}),
      write,
      heldBytes,
    };
  }

  async #video(
    video: PreparedVideo,
    given: Omit<VideoTask, "coding">,
  ): Promise<Enlarged> {
    const { results: [main], values } = given;
    const task = { ...given, coding: await codingOf(values, video.source.coded, main?.target) };
    if (this.#inParts) return await upscaleInParts(this.#engine, video, task);
    try {
      return { frames: await upscaleWhole(this.#engine, video, task) };
    } catch (error) {
      if (!task.scope.signal.aborted || !this.#couldBeInParts(task)) throw error;
      throw new CliError("INTERRUPTED", "stopped by the user", {
        hint:
          "no frame of it is kept: with --resume from the start, a run that is stopped can go on",
        cause: error,
      });
    }
  }

  #couldBeInParts({ results }: VideoTask): boolean {
    const { values, demonstration } = this.#context;
    return results.length > 0 && values.out !== "-" && !demonstration;
  }

  async #picture(picture: PreparedPicture, task: PictureTask): Promise<Enlarged> {
    const { progress, count } = this.#context;
    const done = this.#done + 1;
    const { write, heldBytes } = await upscalePicture(this.#engine, picture, task);
    return {
      frames: 1,
      heldBytes,
      write: async () => {
        await write();
        progress.report({ phase: "run", done, total: count, unit: "input", item: task.shown });
      },
    };
  }

  #settings({ size }: Prepared): Readonly<Record<string, unknown>> {
    const { mode, seed } = this.#context.values;
    return { modelScale: size.factor, mode, seed };
  }

  [Symbol.dispose](): void {
    this.#engine[Symbol.dispose]();
  }
}

/** How frames are cut, in words and numbers. */
function describePlan({ tiles, window, chunk, memoryBytes }: WorkPlan): PlanResult {
  const largest = (side: "width" | "height") => Math.max(...tiles.map((tile) => tile[side]));
  const tile = `${largest("width")} x ${largest("height")}`;
  return { tiles: tiles.length, tile, window: window || "a scene", chunk, memoryBytes };
}

/** Output options of ffmpeg that end a file early. */
const CUTS_LENGTH = /^-(t|to|ss|fs|vframes|frames(:.*)?|shortest)$/;

function requireUsableParts(
  { resume, restart, out, "encoder-args": moreOptions }: UpscaleContext["values"],
): void {
  if (resume && restart) {
    throw new CliError("USAGE", "--resume and --restart exclude each other", { hint: "give one" });
  }
  const name = resume ? "--resume" : "--restart";
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
  const { width } = prepared.type === "video" ? prepared.source : prepared.image;
  return Number((prepared.size.width / width).toPrecision(6));
}
