/**
 * Measures how well a RelayFormer finds what was manipulated in pictures and clips whose masks are
 * known.
 *
 * The folder holds a `manifest.json`, a list of `{ file, mask, kind, photograph }`, of clips `masks`
 * in place of `mask`: all masks below each other in one picture. Without one, the mask of `a.jpg` is
 * `a_mask.png` or `a_gt.png` beside it or in the folder of `--masks`; a picture without a mask is an
 * untouched one.
 *
 * @module
 */
import { resolve } from "node:path";
import { chooseModel, openWeights } from "@vicinity/cli";
import { decodeFrames, probeVideo, type RgbFrame } from "@vicinity/media";
import { ForgeryLocalizer, type LocalizeOptions, type LookMode } from "@vicinity/relayformer";
import { readArguments, wrongUsage } from "./arguments.ts";
import { type Example, listExamples, readMask, readPicture } from "./forensics_eval/examples.ts";
import {
  type ClipResult,
  clipTable,
  type PictureResult,
  pictureTables,
} from "./forensics_eval/report.ts";
import { scoreClip, scorePicture } from "./forensics_eval/score.ts";
import { print, tell } from "./print.ts";

const MODES: readonly string[] = ["fit", "native", "crop", "pad", "resize"];
/** What is measured when nothing else is asked for. */
const MODEL = "relayformer-mini";

const USAGE = `deno task eval:forensics FOLDER [--masks FOLDER] [--model ID | --weights FILE]
  [--mode fit|native|crop|pad|resize] [--align official|exact] [--flip] [--threshold 0.5] [--json]

Measures how well a RelayFormer finds what was manipulated in the pictures and clips of a folder.`;

const { values: options, positionals: [folder] } = readArguments(
  USAGE,
  {
    align: { type: "string", default: "official" },
    flip: { type: "boolean", default: false },
    json: { type: "boolean", default: false },
    masks: { type: "string" },
    mode: { type: "string" },
    model: { type: "string" },
    threshold: { type: "string", default: "0.5" },
    weights: { type: "string" },
  },
  1,
);

function isMode(text: string | undefined): text is LookMode | undefined {
  return text === undefined || MODES.includes(text);
}

function lookOptions(): LocalizeOptions & { readonly threshold: number } {
  const { align, flip, mode } = options;
  const threshold = Number(options.threshold);
  if (!isMode(mode) || (align !== "official" && align !== "exact") || !(threshold >= 0)) {
    wrongUsage(USAGE, "--mode, --align or --threshold has a value that there is not");
  }
  return { mode, alignment: align, flip, threshold };
}

async function measurePicture(
  localizer: ForgeryLocalizer,
  example: Example,
  look: ReturnType<typeof lookOptions>,
): Promise<PictureResult> {
  const picture = await readPicture(example.file);
  const truth = await readMask(example, picture);
  return {
    example,
    score: scorePicture(await localizer.run(picture, look), truth, look.threshold),
  };
}

async function measureClip(
  localizer: ForgeryLocalizer,
  example: Example,
  look: ReturnType<typeof lookOptions>,
): Promise<ClipResult> {
  const info = await probeVideo(example.file);
  const frames: RgbFrame[] = await Array.fromAsync(decodeFrames(info));
  const truth = await readMask(example, info);
  const together: Float32Array[] = [];
  for await (const { probabilities } of localizer.stream(frames, look)) {
    together.push(probabilities);
  }
  const alone: Float32Array[] = [];
  for (const frame of frames) alone.push((await localizer.run(frame, look)).probabilities);
  return {
    example,
    together: scoreClip(together, truth, look.threshold),
    alone: scoreClip(alone, truth, look.threshold),
  };
}

async function main(given: string): Promise<void> {
  const from = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const look = lookOptions();
  const masks = options.masks === undefined ? undefined : resolve(from, options.masks);
  const examples = await listExamples(resolve(from, given), masks);
  if (examples.length === 0) throw new Error(`there are no pictures in ${given}`);
  const named = options.model ?? (options.weights === undefined ? MODEL : undefined);
  const model = chooseModel(["manipulation"], { model: named, weights: options.weights });
  using weights = await openWeights(model);
  using localizer = await ForgeryLocalizer.load({ weights: weights.source });
  const mode = look.mode ?? localizer.description.mode;
  const [pictures, clips]: [PictureResult[], ClipResult[]] = [[], []];
  for (const [index, example] of examples.entries()) {
    if (example.moving) clips.push(await measureClip(localizer, example, look));
    else pictures.push(await measurePicture(localizer, example, look));
    if ((index + 1) % 10 === 0) tell(`${index + 1} of ${examples.length}`);
  }
  if (options.json) {
    print(JSON.stringify({ model: model.id, mode, ...look, pictures, clips }, null, 2));
    return;
  }
  print(`${model.id}, mode ${mode}, canvas ${localizer.description.network.canvas.size}`);
  print("");
  for (const line of pictureTables(pictures, look.threshold)) print(line);
  if (clips.length > 0) print("");
  for (const line of clipTable(clips)) print(line);
}

if (folder === undefined) wrongUsage(USAGE, "no folder is named");
await main(folder);
