import {
  CliError,
  type Command,
  decodeInput,
  demonstrationPicture,
  describeInput,
  type Finding,
  flag,
  type ItemScope,
  type Job,
  ModelSession,
  type NamedResult,
  number,
  type PlanRequest,
  type PlanResult,
  type Run,
  type RunContext,
  type RunInfo,
  tellOfPages,
  wholeLook,
} from "@vicinity/cli";
import { type DecodedImage, PICTURE_ENDINGS, toRgb } from "@vicinity/media";
import type { ImageClassifier } from "@vicinity/vision";

/** What `classify` can be told beside the common options. */
const CLASSIFY_OPTIONS = {
  top: number({ whole: true, min: 1, default: 5, help: "so many classes, the likeliest first" }),
  save: flag({ help: "write a JSON file for each picture" }),
} as const;

type ClassifyContext = RunContext<typeof CLASSIFY_OPTIONS>;

/** Says what pictures show. */
export const classifyCommand: Command<typeof CLASSIFY_OPTIONS, DecodedImage> = {
  name: "classify",
  tasks: ["classify"],
  summary: "Says what pictures show: the likeliest classes with their probabilities.",
  examples: [
    "photo.jpg",
    "photos/ -r --json --top 1",
    "photo.jpg --weights dinat_mini_in1k_224.pth",
  ],
  options: CLASSIFY_OPTIONS,
  hints: { GPU_OOM: "take a smaller model, or raise --max-memory where the card has more" },
  extensions: PICTURE_ENDINGS,
  isOwnProduct: () => false,
  demonstrate: demonstrationPicture,
  showcase: "first",
  begin: (context) => new ClassifyRun(context),
};

class ClassifyRun implements Run<DecodedImage> {
  readonly task = "classify";
  readonly #context: ClassifyContext;
  readonly #session: ModelSession<"classify">;
  #done = 0;

  constructor(context: ClassifyContext) {
    const { values } = context;
    const isLost = values.out === "-" || (context.given.has("out") && !values.json);
    if (isLost && !values.save) {
      throw new CliError("USAGE", "-o without --save has nothing to write", {
        hint: "add --save, or print the result with --json",
      });
    }
    this.#context = context;
    this.#session = new ModelSession(context, "classify");
  }

  get info(): RunInfo {
    return this.#session.info;
  }

  results(): readonly NamedResult[] {
    return this.#context.values.save ? [{ product: "json", suffix: "json" }] : [];
  }

  async prepare({ input }: Job): Promise<DecodedImage> {
    // The networks were trained on the numbers that files store, whatever their profile.
    return await decodeInput(input, this.#context.values, "stored");
  }

  describe(image: DecodedImage): Readonly<Record<string, unknown>> {
    return describeInput({ type: "picture", image });
  }

  async plan(
    { width, height }: DecodedImage,
    { idleGpu }: PlanRequest,
  ): Promise<PlanResult> {
    const { top } = this.#context.values;
    const { facts } = this.#session;
    if (facts === undefined) return { top };
    const { imageSize } = facts.input;
    const look = wholeLook([imageSize, imageSize]);
    if (idleGpu === undefined) return { top, work: look };
    const black = { width, height, data: new Uint8Array(width * height * 3) };
    const run = (classifier: ImageClassifier) => classifier.run(black, { top });
    // Whatever the picture, the network's input is of one size.
    const memoryBytes = await this.#session.rehearse(idleGpu, { key: "a picture", run });
    return { top, work: { ...look, memoryBytes } };
  }

  async checkModel(): Promise<void> {
    await this.#session.check();
  }

  async run(_job: Job, image: DecodedImage, scope: ItemScope): Promise<Finding> {
    const { values, progress, count } = this.#context;
    tellOfPages(image, scope.warn);
    const classifier = await this.#session.get();
    const found = await classifier.run(toRgb(image), { top: values.top });
    this.#done++;
    progress.report({ phase: "run", done: this.#done, total: count, unit: "input" });
    const classes = found.map(({ id, name, score }) => ({
      id,
      name,
      score: Number(score.toPrecision(6)),
    }));
    const summary = found.map(({ name, score }) => `${name} ${(100 * score).toFixed(1)} %`);
    return { result: { classes }, summary: summary.join(", ") };
  }

  [Symbol.dispose](): void {
    this.#session[Symbol.dispose]();
  }
}
