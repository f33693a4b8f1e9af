import {
  type Command,
  demonstrationPicture,
  FrameRun,
  identifyModel,
  type PreparedFrames,
} from "@vicinity/cli";
import { InstanceAnalyst } from "@vicinity/detect";
import { PICTURE_ENDINGS, VIDEO_ENDINGS } from "@vicinity/media";
import { requireFitting, SEGMENT_TASKS } from "./fitting_options.ts";
import { ManipulationAnalyst } from "./manipulation.ts";
import { SEGMENT_OPTIONS } from "./options.ts";
import { SemanticAnalyst } from "./semantic.ts";

/** Names that this command gives its results. */
const OWN_PRODUCT =
  /\.((labels|probability)\.png|(overlay|color|mask|heatmap)\.\w+|(coco|polygons)\.json|probs\.npy)$/;

/** Says of every pixel what it belongs to, or whether it was manipulated. */
export const segmentCommand: Command<typeof SEGMENT_OPTIONS, PreparedFrames> = {
  name: "segment",
  tasks: SEGMENT_TASKS,
  summary: "Says of every pixel of pictures and videos what it belongs to, or if it was changed.",
  examples: [
    "photo.jpg",
    '"photos/**/*.jpg" -r -o masks --save labels,json',
    "clip.mp4 --save overlay --every 2",
    "photo.jpg --save overlay,labels,color,rle,polygons,probs,json",
    "photo.jpg --weights upernet_dinat_mini.pth",
    "photo.jpg --model relayformer-mini --probs",
    "- --save labels -o - < photo.jpg > labels.png",
  ],
  options: SEGMENT_OPTIONS,
  hints: {
    GPU_OOM:
      "look through a smaller --window or at a smaller --size, or raise --max-memory where the card has more",
  },
  extensions: [...PICTURE_ENDINGS, ...VIDEO_ENDINGS],
  isOwnProduct: (name) => OWN_PRODUCT.test(name),
  demonstrate: demonstrationPicture,
  showcase: "first",
  begin: async (context) => {
    const { values, given } = context;
    const { task } = await identifyModel(context.chooseModel(SEGMENT_TASKS), SEGMENT_TASKS);
    requireFitting(task, given);
    const also = values.probs ? ["probs"] : [];
    switch (task) {
      case "instance":
        return new FrameRun(context, InstanceAnalyst.forSegmentation(values), also);
      case "manipulation":
        return new FrameRun(context, new ManipulationAnalyst(values), also);
      case "semantic":
        return new FrameRun(context, new SemanticAnalyst(values), also);
    }
  },
};
