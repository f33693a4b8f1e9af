import { join } from "node:path";
import {
  CliError,
  type Command,
  type Finding,
  type Input,
  type ItemScope,
  type Job,
  ModelSession,
  type Run,
  type RunContext,
  type RunInfo,
} from "@vicinity/cli";
import { describeSegmenter, OFFICIAL_SITE, Segmenter, SEGMENTERS } from "@vicinity/dinat";
import {
  containerEnding,
  kindOf,
  PICTURE_ENDINGS,
  VIDEO_ENDINGS,
  writeDemoPicture,
} from "@vicinity/media";
import { SEGMENT_OPTIONS } from "./options.ts";
import { paint } from "./palette.ts";
import { type PreparedPicture, preparePicture, segmentPicture } from "./picture.ts";
import { OWN_PRODUCT, type Product, productsFor, readProducts, suffixOf } from "./products.ts";
import { lookOptions } from "./look_options.ts";
import { type ClassShare, showClasses, type ShownClasses } from "./shown_classes.ts";
import { type PreparedVideo, prepareVideo, segmentVideo } from "./video.ts";

/** The run that a command works for. */
export type SegmentContext = RunContext<typeof SEGMENT_OPTIONS>;

type Prepared = PreparedPicture | PreparedVideo;

const DEMONSTRATION = "vicinity-demo.png";

/** Says of every pixel what it belongs to. */
export const segmentCommand: Command<typeof SEGMENT_OPTIONS, Prepared> = {
  name: "segment",
  summary: "Says of every pixel of pictures and videos what it belongs to.",
  examples: [
    "photo.jpg",
    '"photos/**/*.jpg" -r -o masks --save labels,json',
    "clip.mp4 --save overlay --every 2",
    "photo.jpg --model upernet-dinat-mini --weights upernet_dinat_mini.pth",
    "- --save labels -o - < photo.jpg > labels.png",
  ],
  options: SEGMENT_OPTIONS,
  extensions: [...PICTURE_ENDINGS, ...VIDEO_ENDINGS],
  isOwnProduct: (name) => OWN_PRODUCT.test(name),
  demonstrate: async (folder) => {
    await Deno.mkdir(folder, { recursive: true });
    const path = join(folder, DEMONSTRATION);
    await writeDemoPicture(path);
    return path;
  },
  published: Object.entries(SEGMENTERS).map(([id, { file }]) => ({
    id,
    source: `${OFFICIAL_SITE}${file}`,
    licence: "MIT",
  })),
  showcase: "first",
  begin: (context) => new SegmentRun(context),
};

class SegmentRun implements Run<Prepared> {
  readonly #context: SegmentContext;
  readonly #session: ModelSession<Segmenter>;
  readonly #products: readonly Product[];
  readonly #kinds = new Map<string, "picture" | "video">();
  #done = 0;

  constructor(context: SegmentContext) {
    const { values } = context;
    this.#context = context;
    this.#products = readProducts(values.save);
    lookOptions(values);
    if (this.#products.length === 0 && !values.json) {
      throw new CliError("USAGE", "--save none leaves no result", { hint: "add --json" });
    }
    this.#session = new ModelSession(context, {
      check: (weights) => void describeSegmenter(weights, values.model),
      load: ({ gpu, weights, signal, onProgress }) =>
        Segmenter.load({ gpu, weights, model: values.model, signal, onProgress }),
    });
  }

  readonly task = "semantic";

  get info(): RunInfo {
    return this.#session.info;
  }

  suffixes(input: Input, head: Uint8Array): readonly string[] {
    const { given } = this.#context;
    const { type, format } = kindOf(input.path, head);
    this.#kinds.set(input.path, type);
    const video = type === "video" ? containerEnding(input.path, format) : undefined;
    return productsFor(this.#products, type, given.has("save"))
      .map((product) => suffixOf(product, video));
  }

  async prepare(job: Job): Promise<Prepared> {
    const { values, given } = this.#context;
    const type = this.#kinds.get(job.input.path) ?? "picture";
    const products = productsFor(this.#products, type, given.has("save"));
    return type === "video"
      ? await prepareVideo(job, products, values)
      : await preparePicture(job, products, values);
  }

  describe(prepared: Prepared): Readonly<Record<string, unknown>> {
    if (prepared.type === "picture") {
      const { width, height, metadata } = prepared.image;
      return { type: metadata.format, width, height, frames: 1 };
    }
    const { codec, width, height, frames, averageRate } = prepared.info;
    const fps = Number((averageRate.num / averageRate.den).toPrecision(6));
    return { type: codec, width, height, frames, fps };
  }

  plan(prepared: Prepared): Readonly<Record<string, unknown>> {
    if (prepared.type === "picture") return { products: prepared.products };
    const { info, range } = prepared;
    return {
      products: prepared.products,
      frames: range.end - range.start,
      audio: info.audio.length,
      subtitles: info.subtitles.length,
    };
  }

  async checkModel(): Promise<void> {
    await this.#session.check();
  }

  async run(
    job: Job,
    prepared: Prepared,
    scope: ItemScope,
  ): Promise<Finding> {
    const { values, progress, count } = this.#context;
    const segmenter = await this.#session.get();
    const task = { job, segmenter, shown: await this.#shown(segmenter), values, scope };
    if (prepared.type === "video") {
      const place = count > 1 ? `[${this.#done + 1}/${count}] ` : "";
      const label = `${place}${job.input.shown}`;
      const result = await segmentVideo(prepared, { ...task, label, progress });
      this.#done++;
      return { result, summary: inWords(result.classes) };
    }
    const result = await segmentPicture(prepared, task);
    this.#done++;
    progress.report({ phase: "run", done: this.#done, total: count, unit: "input" });
    return { result, summary: inWords(result.classes) };
  }

  async #shown(segmenter: Segmenter): Promise<ShownClasses> {
    const { classes, palette } = this.#context.values;
    return showClasses(await paint(segmenter.classes, palette), classes);
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}

/** Classes that {@link inWords} names. */
const NAMED = 5;

function inWords(shares: readonly ClassShare[]): string {
  if (shares.length === 0) return "none of the classes";
  const rest = shares.length > NAMED ? `, ${shares.length - NAMED} more` : "";
  return shares.slice(0, NAMED)
    .map(({ name, fraction }) => `${name} ${(100 * fraction).toFixed(1)} %`).join(", ") + rest;
}
