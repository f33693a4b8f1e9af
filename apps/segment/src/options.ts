import { choice, flag, FRAME_OPTIONS, list, number, type Option, text } from "@vicinity/cli";

/** Height and width as the user gives them. */
export type Sides = readonly [height: number, width: number];

function sides(help: string): Option<Sides | undefined> {
  return {
    help,
    value: "<h>,<w>",
    default: undefined,
    read: (given) => {
      const [height = NaN, width = NaN, ...others] = given.split(",").map(Number);
      const whole = [height, width].every((side) => Number.isInteger(side) && side > 0);
      if (!whole || others.length > 0) throw new Error("must be two whole numbers, height,width");
      return [height, width];
    },
  };
}

const scales: Option<readonly number[] | undefined> = {
  help: "look at several sizes and average, such as 0.75,1,1.25",
  value: "<list>",
  default: undefined,
  read: (given) => {
    const factors = given.split(",").map(Number);
    if (factors.every((factor) => factor > 0 && factor <= 8)) return factors;
    throw new Error("must be a list of factors between 0 and 8");
  },
};

/** What `segment` can be told beside the common options. */
export const SEGMENT_OPTIONS = {
  classes: list({ help: "names or numbers of the classes that are shown", shown: "all" }),
  conf: number({
    min: 0,
    max: 1,
    default: 0.5,
    help: "of models that outline single things, the least score",
  }),
  palette: text({
    value: "<name|file>",
    help: "ade20k, cityscapes, coco, voc, or JSON with names and colors",
    shown: "the model's",
  }),
  opacity: number({ min: 0, max: 1, default: 0.5, help: "of the colours in the overlay" }),
  legend: flag({ default: true, help: "no strip with names below the overlay of a picture" }),
  size: number({
    whole: true,
    min: 1,
    max: 8192,
    default: undefined,
    help: "pixels of the shorter side of the network's input",
    shown: "the model's",
  }),
  scale: scales,
  flip: flag({ help: "look at the mirrored picture too and average" }),
  window: sides("look through a window of this size that slides over the network's input"),
  stride: sides("steps of the window; two thirds of it by default"),
  threshold: number({
    min: 0,
    max: 1,
    default: 0.5,
    help: "of models that look for manipulations, a pixel is in the mask above it",
  }),
  mode: choice({
    of: ["auto", "fit", "native", "crop", "pad", "resize"],
    default: "auto",
    help: "of these models, the way to their input: fit scales down, native keeps every pixel",
  }),
  align: choice({
    of: ["official", "exact"],
    default: "official",
    help: "of these models, masks lie where the authors' code puts them, or exactly",
  }),
  probs: flag({ help: "keep the raw probabilities too, as .npy" }),
  ...FRAME_OPTIONS,
  save: list({
    help: "results: overlay, labels, color, rle, polygons, probs, json, of models that look for " +
      "manipulations overlay, mask, heatmap, probability, probs, json; none for only --json",
    shown: "overlay,labels,json or overlay,mask,heatmap,json",
  }),
} as const;
