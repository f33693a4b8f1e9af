import { FRAME_OPTIONS, list, number, text } from "@vicinity/cli";
import { SCAN_OPTIONS } from "./scans/scan_options.ts";

/** What `detect` can be told about pictures and videos alone. */
export const PICTURE_OPTIONS = {
  opacity: number({ min: 0, max: 1, default: 0.4, help: "of the colours inside outlines" }),
  ...FRAME_OPTIONS,
} as const;

/** What `detect` can be told beside the common options. */
export const DETECT_OPTIONS = {
  conf: number({
    min: 0,
    max: 1,
    default: 0.1,
    help: "least score of what is written; of scans the model's own, if it has one",
  }),
  "vis-conf": number({
    min: 0,
    max: 1,
    default: 0.3,
    help: "least score of what is painted; of scans the model's own, if it has one",
  }),
  classes: list({ help: "names or numbers of the classes that are looked for", shown: "all" }),
  "max-boxes": number({
    whole: true,
    min: 1,
    default: 500,
    help: "at most so many a picture or scan",
  }),
  palette: text({
    value: "<name|file>",
    help: "ade20k, cityscapes, coco, voc, or JSON with names and colors",
    shown: "the model's",
  }),
  ...PICTURE_OPTIONS,
  ...SCAN_OPTIONS,
  save: list({
    help:
      "results of pictures: overlay, labels, coco, polygons, json; of scans: bev, json, kitti, " +
      "coco, ply, txt, and of all scans together bev-video, nuscenes; none for only --json",
    shown: "overlay,json or bev,json",
  }),
} as const;
