import {
  CliError,
  type Command,
  demonstrationPicture,
  FrameRun,
  identifyModel,
  type OptionTable,
  type Run,
  type RunContext,
} from "@vicinity/cli";
import { PICTURE_ENDINGS, VIDEO_ENDINGS } from "@vicinity/media";
import { DetectRun } from "./detect_run.ts";
import { type DetectInput, SCAN_ENDINGS } from "./input_kind.ts";
import { InstanceAnalyst } from "./instances.ts";
import { DETECT_OPTIONS, PICTURE_OPTIONS } from "./options.ts";
import { SCAN_OPTIONS } from "./scans/scan_options.ts";
import { ScanRun } from "./scans/scan_run.ts";

type DetectContext = RunContext<typeof DETECT_OPTIONS>;

/** Names that this command gives its results. */
const OWN_PRODUCT = /\.(overlay\.\w+|labels\.png|(coco|polygons)\.json|bev\.png|boxes\.(ply|txt))$/;
/** Names of what it makes of all scans together. */
const OWN_TOGETHER = /^(bev\.mp4|nuscenes\.json)$/;

/** What its models find: things in pictures and videos, and in scans. */
const DETECT_TASKS = ["detect2d", "detect3d"] as const;

/** Finds things in pictures, videos and scans. */
export const detectCommand: Command<typeof DETECT_OPTIONS, unknown> = {
  name: "detect",
  tasks: DETECT_TASKS,
  summary:
    "Finds things: boxes, names, scores, outlines in pictures and videos; boxes in space in " +
    "LiDAR scans.",
  examples: [
    "photo.jpg",
    "photo.jpg --save overlay,coco,json --conf 0.3",
    "clip.mp4 --every 2",
    "photo.jpg --weights maskrcnn_dinat_mini.pth",
    "scan.bin",
    '"velodyne/*.bin" --save kitti,json,bev --calib "calib/{stem}.txt"',
    "drive/ --save bev-video --bev-range 40",
    "drive/ --poses drive/poses.txt --model dsvt-nuscenes-pillar --weights dsvt.pth",
    "samples/LIDAR_TOP --tables v1.0-mini --save nuscenes -m dsvt-nuscenes-pillar -w dsvt.pth",
  ],
  options: DETECT_OPTIONS,
  hints: {
    GPU_OOM:
      "take a smaller model or, of scans, fewer --sweeps, or raise --max-memory where the card has more",
  },
  optionsFor: { "pictures and videos": PICTURE_OPTIONS, scans: SCAN_OPTIONS },
  extensions: [...PICTURE_ENDINGS, ...VIDEO_ENDINGS, ...SCAN_ENDINGS],
  isOwnProduct: (name) => OWN_PRODUCT.test(name) || OWN_TOGETHER.test(name),
  demonstrate: demonstrationPicture,
  showcase: "first",
  begin: async (context) =>
    new DetectRun((kind) => runOver(kind, context), await kindOfModel(context)),
};

/** What the model looks at, where the user named one. */
async function kindOfModel(context: DetectContext): Promise<DetectInput | undefined> {
  const { model, weights } = context.values;
  if (model === undefined && weights === undefined) return undefined;
  const { task } = await identifyModel(context.chooseModel(DETECT_TASKS), DETECT_TASKS);
  return task === "detect3d" ? "scan" : "picture";
}

function runOver(kind: DetectInput, context: DetectContext): Run<unknown> {
  const { values } = context;
  if (kind === "scan") {
    refuse(context, PICTURE_OPTIONS, "pictures and videos");
    return new ScanRun(context);
  }
  refuse(context, SCAN_OPTIONS, "scans");
  const options = { shownConf: values["vis-conf"], most: values["max-boxes"] };
  return new FrameRun(context, InstanceAnalyst.forDetection({ ...values, ...options }));
}

/** Options of the other kind of input are not passed over in silence. */
function refuse({ given }: DetectContext, others: OptionTable, what: string): void {
  const other = Object.keys(others).find((name) => given.has(name) && name !== "save");
  if (other === undefined) return;
  throw new CliError("USAGE", `--${other} is for ${what}`, { hint: "leave it out" });
}
