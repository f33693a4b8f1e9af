import {
  type Analyst,
  encodeJson,
  encodePng,
  type FactsFor,
  type Finding,
  type LookPlan,
  type LookRequest,
  paint,
  type PhotoSize,
  type ProductTable,
  showClasses,
  type ShownClasses,
  type ShownPicture,
  type Tally,
  wholeLook,
} from "@vicinity/cli";
import { encodeLabelPng, type RgbFrame } from "@vicinity/media";
import { denseExtent, type Detection, type Detector, vocColor } from "@vicinity/vision";
import { paintThings } from "./paint_things.ts";
import { cocoThings, outlinesOf, recordOf, thingMap, type ThingRecord } from "./things.ts";

/** What decides what is found and shown. */
export interface InstanceOptions {
  /** Names or numbers of the classes that are shown; nothing for all. */
  readonly classes: readonly string[];
  /** The value of `--palette`. */
  readonly palette: string | undefined;
  /** Least score of what is written. */
  readonly conf: number;
  /** Least score of what is painted. */
  readonly shownConf: number;
  /** Most things of a picture. */
  readonly most: number;
  /** Of the colours of outlines. */
  readonly opacity: number;
}

/** What is found in a picture. */
export interface Found {
  /** Things, the surest first. */
  readonly things: readonly Detection[];
  /** The classes. */
  readonly shown: ShownClasses;
  /** Columns and rows of the picture. */
  readonly size: { readonly width: number; readonly height: number };
  /** Probability from which on a pixel belongs to an outline. */
  readonly threshold: number;
}

/** Finds single things. */
export class InstanceAnalyst implements Analyst<"instance" | "detect2d", Found> {
  /** What its JSON calls the work. */
  readonly task: "instance" | "detect2d";
  /** The results that it makes. */
  readonly products: ProductTable;
  readonly #options: InstanceOptions;
  #shown: ShownClasses | undefined;

  private constructor(
    task: "instance" | "detect2d",
    products: ProductTable,
    options: InstanceOptions,
  ) {
    this.task = task;
    this.products = products;
    this.#options = options;
  }

  /**
   * For `detect`.
   *
   * @param options What is found and shown.
   * @returns The analyst.
   */
  static forDetection(options: InstanceOptions): InstanceAnalyst {
    return new InstanceAnalyst("detect2d", tableWith("coco"), options);
  }

  /**
   * For `segment`, whose one threshold is for what is written and painted.
   *
   * @param values Its options.
   * @returns The analyst.
   */
  static forSegmentation(
    values: Omit<InstanceOptions, "shownConf" | "most">,
  ): InstanceAnalyst {
    const options = { ...values, shownConf: values.conf, most: Infinity };
    return new InstanceAnalyst("instance", tableWith("rle"), options);
  }

  /** The size of the network's input. */
  plan({ input }: FactsFor<"instance">, { width, height }: PhotoSize): LookPlan {
    return wholeLook(denseExtent([height, width], input));
  }

  /** Chooses the colours of the model's classes. */
  async begin(detector: Detector): Promise<void> {
    const { palette, classes } = this.#options;
    this.#shown = showClasses(await paint(detector.classes, palette), classes);
  }

  /** Finds the things in a picture. */
  async look(detector: Detector, picture: RgbFrame, { scope }: LookRequest): Promise<Found> {
    scope.signal.throwIfAborted();
    const { conf, most } = this.#options;
    const shown = this.#shownClasses();
    const found = await detector.run(picture, { scoreThreshold: conf });
    const things = found.filter(({ classId }) => shown.shows(classId)).slice(0, most);
    const { width, height } = picture;
    return { things, shown, size: { width, height }, threshold: detector.maskThreshold };
  }

  /** Writes a result of a picture. */
  async encode(
    product: string,
    found: Found,
    { picture, input }: ShownPicture,
  ): Promise<Uint8Array> {
    switch (product) {
      case "overlay":
        return await encodePng(this.paint(product, found, picture));
      case "labels": {
        const colors = found.things.map((_, index) => vocColor(index + 1));
        return encodeLabelPng({ ...found.size, labels: thingMap(found) }, [vocColor(0), ...colors]);
      }
      case "polygons":
        return encodeJson(outlinesOf(found));
      default:
        return encodeJson(cocoThings(found, input));
    }
  }

  /** Paints outlines, boxes and names over a frame. */
  paint(_product: string, found: Found, frame: RgbFrame): RgbFrame {
    const { shownConf, opacity } = this.#options;
    const sure = { ...found, things: found.things.filter(({ score }) => score >= shownConf) };
    return paintThings(frame, sure, opacity);
  }

  /** Lists the things of a picture, or of each frame of a video. */
  tally(): Tally<Found> {
    // Outlines are too large to be kept for the frames of a video.
    const frames: ThingRecord[][] = [];
    let single: Found | undefined;
    const withOutlines = this.task === "instance";
    return {
      add: (found) => {
        single = frames.length === 0 ? found : undefined;
        frames.push(found.things.map((thing) => recordOf(found, thing, false)));
      },
      get finding(): Finding {
        const summary = inWords(frames);
        const picture = single;
        if (picture === undefined) return { result: { detections: frames }, summary };
        const detections = picture.things.map((it) => recordOf(picture, it, withOutlines));
        return { result: { detections }, summary };
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

function tableWith(masks: "coco" | "rle"): ProductTable {
  return {
    suffixes: {
      overlay: "overlay.png",
      labels: "labels.png",
      [masks]: "coco.json",
      polygons: "polygons.json",
      json: "json",
    },
    moving: ["overlay", "json"],
    usual: ["overlay", "json"],
  };
}

/** How many of each class, the most frequent first. */
function inWords(frames: readonly (readonly ThingRecord[])[]): string {
  const counts = new Map<string, number>();
  for (const { className } of frames.flat()) {
    counts.set(className, (counts.get(className) ?? 0) + 1);
  }
  const words = [...counts].sort(([, a], [, b]) => b - a).map(([name, count]) =>
    `${count} ${name}`
  );
  const where = frames.length > 1 ? ` in ${frames.length} frames` : "";
  return words.length === 0 ? `nothing${where}` : `${words.join(", ")}${where}`;
}
