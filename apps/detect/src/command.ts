import { type Command, demonstrationPicture, FrameRun, type PreparedFrames } from "@vicinity/cli";
import { DETECTORS, OFFICIAL_SITE } from "@vicinity/dinat";
import { PICTURE_ENDINGS, VIDEO_ENDINGS } from "@vicinity/media";
import { InstanceAnalyst } from "./instances.ts";
import { DETECT_OPTIONS } from "./options.ts";

/** Names that this command gives its results. */
const OWN_PRODUCT = /\.(overlay\.\w+|labels\.png|(coco|polygons)\.json)$/;

/** Finds things in pictures and videos. */
export const detectCommand: Command<typeof DETECT_OPTIONS, PreparedFrames> = {
  name: "detect",
  summary: "Finds things in pictures and videos: boxes, names, scores, outlines.",
  examples: [
    "photo.jpg",
    "photo.jpg --save overlay,coco,json --conf 0.3",
    "clip.mp4 --every 2",
    "photo.jpg --model mask_rcnn-dinat-mini --weights maskrcnn_dinat_mini.pth",
  ],
  options: DETECT_OPTIONS,
  extensions: [...PICTURE_ENDINGS, ...VIDEO_ENDINGS],
  isOwnProduct: (name) => OWN_PRODUCT.test(name),
  demonstrate: demonstrationPicture,
  published: Object.entries(DETECTORS).map(([id, { file }]) => ({
    id,
    source: `${OFFICIAL_SITE}${file}`,
    licence: "MIT",
  })),
  showcase: "first",
  begin: (context) => {
    const { values } = context;
    const options = { shownConf: values["vis-conf"], most: values["max-boxes"] };
    return new FrameRun(context, InstanceAnalyst.forDetection({ ...values, ...options }));
  },
};
