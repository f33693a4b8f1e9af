import { containerEnding, type DecodedImage, kindOf, type RgbFrame, toRgb } from "@vicinity/media";
import { writeAtomic } from "../atomic_file.ts";
import type { ItemScope } from "../batch.ts";
import type { Finding, NamedResult, PlanRequest, PlanResult, Run, RunContext } from "../command.ts";
import { decodeInput, tellOfPages } from "../decode_input.ts";
import type { Input } from "../inputs.ts";
import { ModelSession } from "../model_session.ts";
import { list, number } from "../options.ts";
import type { Job } from "../outputs.ts";
import type { ModelFor, Task } from "../packages.ts";
import type { RunInfo } from "../report.ts";
import { videoBytes } from "../video/estimate_bytes.ts";
import { planVideo } from "../video/plan_video.ts";
import { encoderOptions, VIDEO_OPTIONS } from "../video/video_options.ts";
import type { Analyst } from "./analyst.ts";
import { describeInput } from "./describe_input.ts";
import { findAlong, lookAtEach, rehearseLook } from "./find_along.ts";
import { paintVideo, type PreparedVideo, prepareVideo } from "./frame_video.ts";
import { productsFor, readProducts, requireProducts, suffixOf } from "./products.ts";

/** The options of every command that looks at pictures and frames. */
export const FRAME_OPTIONS = {
  save: list({ help: "results; none for only --json", shown: "the usual ones" }),
  every: number({
    whole: true,
    min: 1,
    default: 1,
    help: "of a video look at every n-th frame and repeat what was found",
  }),
  ...VIDEO_OPTIONS,
} as const;

/** A picture that is ready to be looked at. */
export interface PreparedPicture {
  /** Tells it from a video. */
  readonly type: "picture";
  /** Its pixels. */
  readonly image: DecodedImage;
  /** What is made of it, in the order of the job's targets. */
  readonly products: readonly string[];
}

/** A picture or a video that is ready to be looked at. */
export type PreparedFrames = PreparedPicture | PreparedVideo;

/** A run over pictures and videos that looks at each frame by itself. */
export class FrameRun<T extends Task, Found> implements Run<PreparedFrames> {
  readonly #context: RunContext<typeof FRAME_OPTIONS>;
  readonly #analyst: Analyst<T, Found>;
  readonly #session: ModelSession<T>;
  readonly #products: readonly string[];
  readonly #kinds = new Map<string, "picture" | "video">();
  #done = 0;

  /**
   * Checks what the user asked for.
   *
   * @param context The run.
   * @param analyst What is found out and shown.
   * @param also Results that are made beside those of `--save`.
   * @throws {CliError} `USAGE` for results that there are not.
   */
  constructor(
    context: RunContext<typeof FRAME_OPTIONS>,
    analyst: Analyst<T, Found>,
    also: readonly string[] = [],
  ) {
    this.#context = context;
    this.#analyst = analyst;
    const saved = readProducts(analyst.products, context.values.save);
    this.#products = [...new Set([...saved, ...also])];
    requireProducts(this.#products, context.values.json);
    this.#session = new ModelSession(context, analyst.task, (model) => analyst.begin?.(model));
  }

  /** What its JSON calls the work. */
  get task(): string {
    return this.#analyst.task;
  }

  /** Model and device, as far as they are known. */
  get info(): RunInfo {
    return this.#session.info;
  }

  /** Names the results of an input. */
  results(input: Input, head: Uint8Array): readonly NamedResult[] {
    const { type, format } = kindOf(input.path, head);
    this.#kinds.set(input.path, type);
    const video = type === "video" ? containerEnding(input.path, format) : undefined;
    return this.#productsOf(input).map((product) => ({
      product,
      suffix: suffixOf(this.#analyst.products, product, video),
    }));
  }

  /** Whether a name may choose the container: that of a video. */
  takesAnyFormat(input: Input): boolean {
    return this.#kinds.get(input.path) === "video";
  }

  /** Decodes a picture, probes a video. */
  async prepare(job: Job, signal: AbortSignal): Promise<PreparedFrames> {
    const { values, progress } = this.#context;
    const products = this.#productsOf(job.input);
    if (this.#kinds.get(job.input.path) === "video") {
      return await prepareVideo(job, products, { wanted: values, signal, progress });
    }
    // The networks were trained on the numbers that files store, whatever their profile.
    const image = await decodeInput(job.input, values, "stored");
    return { type: "picture", image, products };
  }

  /** Kind, size and length of an input. */
  describe(prepared: PreparedFrames): Readonly<Record<string, unknown>> {
    return describeInput(prepared);
  }

  /** What would be made of an input. */
  async plan(
    prepared: PreparedFrames,
    { job: { targets }, idleGpu }: PlanRequest,
  ): Promise<PlanResult> {
    const { products } = prepared;
    const work = await this.#planWork(prepared, idleGpu);
    const video = targets[products.findIndex((product) => product !== "json")];
    if (prepared.type === "picture" || video === undefined) return { products, ...work };
    const { info: source, range } = prepared;
    const frames = range.end - range.start;
    const options = await encoderOptions(this.#context.values, source, video);
    return { products, ...work, video: planVideo({ source, frames }, video, options) };
  }

  async #planWork(
    prepared: PreparedFrames,
    idleGpu: PlanRequest["idleGpu"],
  ): Promise<PlanResult> {
    const analyst = this.#analyst;
    const { facts } = this.#session;
    if (facts === undefined) return {};
    const isVideo = prepared.type === "video";
    const { width, height } = isVideo ? prepared.info : prepared.image;
    const look = analyst.plan(facts, { width, height });
    if (idleGpu === undefined) return { work: look };
    const { values: { every }, signal } = this.#context;
    const frames = isVideo
      ? Math.min(
        Math.ceil((prepared.range.end - prepared.range.start) / every),
        analyst.framesTogether?.(facts) ?? 1,
      )
      : undefined;
    const { products } = prepared;
    const wanted = { products, scope: { signal, warn: () => {}, warnings: [] } };
    const memoryBytes = await this.#session.rehearse(idleGpu, {
      key: `${width} x ${height}, ${frames ?? "picture"}, ${products}`,
      run: (model) => rehearseLook(analyst, model, { width, height, frames }, wanted),
    });
    return { work: { ...look, memoryBytes } };
  }

  /** About how many bytes the videos take. */
  outputBytes(prepared: PreparedFrames): number | undefined {
    if (prepared.type === "picture") return undefined;
    const { info, range, products } = prepared;
    const written = products.filter((product) => product !== "json").length;
    const extent = { ...info, frames: range.end - range.start };
    return written * videoBytes(extent, this.#context.values);
  }

  /** Checks that the model is there and of the right network. */
  async checkModel(): Promise<void> {
    await this.#session.check();
  }

  /** Looks at an input; the results of pictures are written later. */
  async run(job: Job, prepared: PreparedFrames, scope: ItemScope): Promise<Finding> {
    const model = await this.#session.get();
    const finding = prepared.type === "video"
      ? await this.#video(model, job, prepared, scope)
      : await this.#picture(model, job, prepared, scope);
    this.#done++;
    return finding;
  }

  /** Frees the model and the GPU. */
  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }

  #productsOf(input: Input): readonly string[] {
    const type = this.#kinds.get(input.path) ?? "picture";
    const asked = this.#context.given.has("save");
    return productsFor(this.#analyst.products, this.#products, { type, asked });
  }

  async #picture(
    model: ModelFor<T>,
    { input, targets }: Job,
    { image, products }: PreparedPicture,
    scope: ItemScope,
  ): Promise<Finding> {
    const { progress, count } = this.#context;
    const analyst = this.#analyst;
    tellOfPages(image, scope.warn);
    const picture = toRgb(image);
    const found = await analyst.look(model, picture, { products, scope });
    const tally = analyst.tally();
    tally.add(found);
    const done = this.#done + 1;
    return {
      ...tally.finding,
      heldBytes: picture.data.byteLength + (analyst.heldBytes?.(found) ?? 0),
      write: async () => {
        const written = products.filter((product) => product !== "json");
        for (const [index, product] of products.entries()) {
          const target = targets[index];
          if (product === "json" || target === undefined) continue;
          await writeAtomic(target, await analyst.encode(product, found, { picture, input }));
          const place = { done: written.indexOf(product) + 1, total: written.length };
          progress.report({ phase: "write", ...place, unit: "result", item: input.shown });
        }
        progress.report({ phase: "run", done, total: count, unit: "input" });
      },
    };
  }

  async #video(
    model: ModelFor<T>,
    job: Job,
    prepared: PreparedVideo,
    scope: ItemScope,
  ): Promise<Finding> {
    const { values, progress, count, meter } = this.#context;
    const analyst = this.#analyst;
    const tally = analyst.tally();
    const place = count > 1 ? `[${this.#done + 1}/${count}] ` : "";
    const wanted = { products: prepared.products, scope };
    const look = (chosen: AsyncIterable<RgbFrame>) =>
      analyst.lookAlong?.(model, chosen, wanted) ?? lookAtEach(analyst, model, chosen, wanted);
    const frames = await paintVideo(prepared, {
      ...{ job, values, scope, progress, meter, label: `${place}${job.input.shown}` },
      paint: async function* (decoded) {
        for await (const { frame, found } of findAlong(decoded, look, values.every)) {
          tally.add(found, frame.time);
          yield (product) => analyst.paint(product, found, frame);
        }
      },
    });
    const { result, summary } = tally.finding;
    return { result: { frames, ...result }, summary };
  }
}
