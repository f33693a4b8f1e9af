import {
  type Analyst,
  ClassCounter,
  type ClassShare,
  encodeJson,
  encodePng,
  type FactsFor,
  type Finding,
  hideOthers,
  imageId,
  type LookPlan,
  type LookRequest,
  paint,
  type PhotoSize,
  showClasses,
  type ShownClasses,
  type ShownPicture,
  sizesOf,
  type Tally,
  type Values as ValuesOf,
} from "@vicinity/cli";
import {
  addLegend,
  encodeLabelPng,
  encodeNpy,
  overlayClasses,
  type RgbFrame,
} from "@vicinity/media";
import { looksAt, type Segmenter, type SegmentResult } from "@vicinity/vision";
import { lookOptions } from "./look_options.ts";
import { cocoResults, outlines } from "./masks.ts";
import type { SEGMENT_OPTIONS } from "./options.ts";

type Values = ValuesOf<typeof SEGMENT_OPTIONS>;

/** What is found in a picture. */
interface Found {
  readonly result: SegmentResult;
  /** Its labels, without the classes that are not shown. */
  readonly labels: Uint32Array;
  readonly shown: ShownClasses;
}

/** Names the class of every pixel. */
export class SemanticAnalyst implements Analyst<"semantic", Found> {
  /** What its JSON calls the work. */
  readonly task = "semantic";
  /** The results that it makes. */
  readonly products = {
    suffixes: {
      overlay: "overlay.png",
      labels: "labels.png",
      color: "color.png",
      rle: "coco.json",
      polygons: "polygons.json",
      probs: "probs.npy",
      json: "json",
    },
    moving: ["overlay", "color", "json"],
    usual: ["overlay", "labels", "json"],
  } as const;
  readonly #values: Values;
  #shown: ShownClasses | undefined;

  /** Checks that the options fit together. */
  constructor(values: Values) {
    this.#values = values;
    lookOptions(values);
  }

  /** Sizes, mirrored looks and windows. */
  plan(facts: FactsFor<"semantic">, { width, height }: PhotoSize): LookPlan {
    const options = lookOptions(this.#values, facts);
    const looks = looksAt([height, width], facts.input, options);
    const whole = { looks: looks.length, sizes: sizesOf(looks.map(({ size }) => size)) };
    if (options.window === undefined) return whole;
    const parts = looks.flatMap((look) => look.parts);
    return { ...whole, windows: parts.length, window: sizesOf(parts.map(({ size }) => size)) };
  }

  /** Chooses the colours of the model's classes. */
  async begin(segmenter: Segmenter): Promise<void> {
    const { palette, classes } = this.#values;
    this.#shown = showClasses(await paint(segmenter.classes, palette), classes);
  }

  /** Segments a picture. */
  async look(
    segmenter: Segmenter,
    picture: RgbFrame,
    { products, scope }: LookRequest,
  ): Promise<Found> {
    const result = await segmenter.run(picture, {
      ...lookOptions(this.#values, segmenter),
      probabilities: products.includes("probs"),
      signal: scope.signal,
    });
    const shown = this.#shownClasses();
    return { result, labels: hideOthers(result.labels, shown), shown };
  }

  /** Labels and probabilities. */
  heldBytes({ result: { probabilities }, labels }: Found): number {
    return labels.byteLength + (probabilities?.byteLength ?? 0);
  }

  /** Writes a result of a picture. */
  async encode(
    product: string,
    found: Found,
    { picture, input }: ShownPicture,
  ): Promise<Uint8Array> {
    const { result, labels, shown } = found;
    const { width, height } = picture;
    const { classes } = shown;
    switch (product) {
      case "labels":
        return encodeLabelPng({ width, height, labels }, classes.map(({ color }) => color));
      case "rle":
        return encodeJson(cocoResults(result, labels, shown, imageId(input)));
      case "polygons":
        return encodeJson(outlines({ width, height, labels }, shown));
      case "probs": {
        const probabilities = result.probabilities ?? new Float32Array();
        return encodeNpy(probabilities, [classes.length, height, width]);
      }
      default: {
        const painted = this.paint(product, found, picture);
        const withNames = product === "overlay" && this.#values.legend;
        return await encodePng(withNames ? addLegend(painted, presentClasses(found)) : painted);
      }
    }
  }

  /** Paints the classes, over the frame or alone. */
  paint(product: string, { labels, shown }: Found, frame: RgbFrame): RgbFrame {
    if (product === "overlay") {
      const options = { opacity: this.#values.opacity, void: shown.nothing };
      return overlayClasses(frame, labels, shown.classes, options);
    }
    const data = new Uint8Array(frame.data.length);
    for (const [pixel, label] of labels.entries()) {
      const color = shown.classes[label]?.color;
      if (color !== undefined) data.set(color, pixel * 3);
    }
    return { ...frame, data };
  }

  /** Counts the pixels of the classes. */
  tally(): Tally<Found> {
    const counter = new ClassCounter(this.#shownClasses());
    return {
      add: ({ labels }) => counter.add(labels),
      get finding(): Finding {
        const classes = counter.shares;
        return { result: { classes }, summary: inWords(classes) };
      },
    };
  }

  #shownClasses(): ShownClasses {
    if (this.#shown === undefined) {
      throw new TypeError("Cannot name classes before a model is loaded.");
    }
    return this.#shown;
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

function presentClasses({ labels, shown }: Found) {
  const counter = new ClassCounter(shown);
  counter.add(labels);
  return counter.shares.flatMap(({ id }) => shown.classes[id] ?? []);
}
