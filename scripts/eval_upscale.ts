/**
 * Measures the table of the upscaler's model card on an evaluation set of videos: bicubic and Lanczos
 * resampling, the network, and the network without one of its paths.
 *
 * Of each clip it takes the first 5 frames, which the network looks at together, as the model card's table
 * does; `--frames all` takes every frame, in as many times the time. The folder holds `manifest.json` and `CLIP/{hr,lr_x2,lr_x3,lr_x4}.mkv`. With `--twin`, frames that
 * another implementation of the network made, `CLIP/x2.mkv` and so on, are compared with ours; exit
 * status 1 if they are less than 60 dB apart.
 *
 * @module
 */
import { join, resolve } from "node:path";
import { chooseModel, openWeights } from "@vicinity/cli";
import { Upscaler } from "@vicinity/simplegvr";
import { readArguments, wrongUsage } from "./arguments.ts";
import { type Clip, ClipFile, readClips } from "./upscale_eval/clips.ts";
import { type Method, network, resampling } from "./upscale_eval/methods.ts";
import { markdown, type Result } from "./upscale_eval/report.ts";
import { type Agreement, Comparison, scoreOf, sideBySide } from "./upscale_eval/score.ts";
import { print, tell } from "./print.ts";

/** Scale at which the paths of the network are left out in turn. */
const ABLATION_SCALE = 2;
const TWIN_BAR_DB = 60;
const BASELINE = "Lanczos";

const USAGE = `deno task eval:upscale [--data FOLDER] [--model ID | --weights FILE] [--scales 2,3,4]
  [--clips a,b] [--frames N|all] [--no-ablations] [--twin FOLDER] [--json]

Measures the table of the upscaler's model card on a folder of videos, .cache/upscale-eval if none is
named, and compares the frames with those of a twin.`;

const { values: options } = readArguments(USAGE, {
  ablations: { type: "boolean", default: true },
  clips: { type: "string" },
  data: { type: "string", default: ".cache/upscale-eval" },
  frames: { type: "string", default: "5" },
  json: { type: "boolean", default: false },
  model: { type: "string" },
  scales: { type: "string", default: "2,3,4" },
  twin: { type: "string" },
  weights: { type: "string" },
});

const startFolder = Deno.env.get("INIT_CWD") ?? Deno.cwd();
const folder = resolve(startFolder, options.data);
const twinFolder = resolve(startFolder, options.twin ?? ".");
const frameLimit = options.frames === "all" ? Infinity : Number(options.frames);
if (!(frameLimit >= 1)) {
  wrongUsage(USAGE, `--frames is a number or all, not "${options.frames}"`);
}
const scales = options.scales.split(",").map(Number);

interface Job {
  readonly method: Method;
  readonly clip: Clip;
  readonly scale: number;
}

/** Scores a method on a clip; its frames pass the comparison with a twin's, if there is one. */
async function measure({ method, clip, scale }: Job, twin?: Comparison): Promise<Result> {
  const start = performance.now();
  const video = (root: string, name: string) =>
    ClipFile.open(join(root, clip.name, `${name}.mkv`), frameLimit);
  const original = await video(folder, "hr");
  let frames = method.enlarge(await video(folder, `lr_x${scale}`), scale);
  if (twin) frames = twin.watch(frames, (await video(twinFolder, `x${scale}`)).decode());
  const score = await scoreOf(sideBySide(frames, original.decode()));
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const agreement = twin ? `, ${describe(twin.agreement)}` : "";
  tell(
    `×${scale} ${clip.name}, ${method.name}: ${score.psnr.toFixed(2)} dB${agreement}, ${seconds} s`,
  );
  return { scale, clip, method: method.name, score };
}

function describe({ psnr, largest }: Agreement): string {
  return `${psnr.toFixed(2)} dB to the twin, largest difference ${largest}`;
}

const wanted = options.clips?.split(",");
const clips = (await readClips(folder)).filter(({ name }) => wanted?.includes(name) ?? true);
const model = chooseModel(["upscale"], options);
using weights = await openWeights(model);
using upscaler = await Upscaler.load({ weights: weights.source });
const whole = network(model.id, upscaler);
const plain = [resampling("bicubic", "bicubic"), resampling(BASELINE, "lanczos"), whole];
const ablated = [
  network("latent alone", upscaler, { ablation: "no-condition" }),
  network("without the latent", upscaler, { ablation: "mean-latent" }),
];

const results: Result[] = [];
const twins: (Agreement & { readonly scale: number; readonly clip: string })[] = [];
for (const scale of scales) {
  for (const clip of clips) {
    const extra = options.ablations && scale === ABLATION_SCALE && clip.kind === "detailed";
    for (const method of [...plain, ...(extra ? ablated : [])]) {
      const twin = method === whole && options.twin !== undefined ? new Comparison() : undefined;
      results.push(await measure({ method, clip, scale }, twin));
      if (twin) twins.push({ scale, clip: clip.name, ...twin.agreement });
    }
  }
}
if (options.json) print(JSON.stringify({ model: model.id, results, twins }, null, 2));
else for (const line of markdown(results, BASELINE)) print(line);
Deno.exitCode = twins.every(({ psnr }) => psnr >= TWIN_BAR_DB) ? 0 : 1;
