import { type Command, demonstrationPicture, FrameRun, type PreparedFrames } from "@vicinity/cli";
import { outlinesThings, publishedModels } from "@vicinity/cli/picture-models";
import { InstanceAnalyst } from "@vicinity/detect";
import { PICTURE_ENDINGS, VIDEO_ENDINGS } from "@vicinity/media";
import { SEGMENT_OPTIONS } from "./options.ts";
import { SemanticAnalyst } from "./semantic.ts";

/** Names that this command gives its results. */
const OWN_PRODUCT =
  /\.((overlay|labels|color)\.png|(overlay|color)\.\w+|(coco|polygons)\.json|probs\.npy)$/;

/** Says of every pixel what it belongs to. */
export const segmentCommand: Command<typeof SEGMENT_OPTIONS, PreparedFrames> = {
  name: "segment",
  tasks: ["segment"],
  summary: "Says of every pixel of pictures and videos what it belongs to.",
  examples: [
    "photo.jpg",
    '"photos/**/*.jpg" -r -o masks --save labels,json',
    "clip.mp4 --save overlay --every 2",
    "photo.jpg --save overlay,labels,color,rle,polygons,probs,json",
    "photo.jpg --model upernet-dinat-mini --weights upernet_dinat_mini.pth",
    "- --save labels -o - < photo.jpg > labels.png",
  ],
  options: SEGMENT_OPTIONS,
  extensions: [...PICTURE_ENDINGS, ...VIDEO_ENDINGS],
  isOwnProduct: (name) => OWN_PRODUCT.test(name),
  demonstrate: demonstrationPicture,
  published: [
    ...publishedModels("SEGMENTERS", "segment"),
    ...publishedModels("DETECTORS", "segment").filter(({ id }) => outlinesThings(id)),
  ],
  showcase: "first",
  begin: (context) =>
    // Detectors with masks outline things instead of naming every pixel.
    outlinesThings(context.values.model)
      ? new FrameRun(context, InstanceAnalyst.forSegmentation(context.values))
      : new FrameRun(context, new SemanticAnalyst(context.values)),
};
