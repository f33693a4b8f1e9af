/** The whole way from 8-bit frames to larger 8-bit frames: in one piece, and as the product streams. */
import {
  augment,
  ClipStream,
  counterNoise,
  type Geometry,
  type NoisePurpose,
  padFrame,
  parseConfig,
  planGeometry,
  schedule,
  SimpleGvr,
} from "@vicinity/simplegvr";
import { type Gpu, pointwise, Resizer, type Samples, type Tensor } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import { channelsLast, joined } from "../layout.ts";
import type { Produced, Tools } from "../runner.ts";
import { BYTES } from "../tolerance.ts";
import { weightsOf } from "../weights.ts";
import { framesOf } from "./frames.ts";
import { download } from "../network.ts";

/** Frames of a chunk of the stream; an odd number, so that chunks and units never line up. */
const CHUNK = 3;

/** What both ways share. */
interface Clip {
  readonly gpu: Gpu;
  readonly model: SimpleGvr;
  readonly geometry: Geometry;
  readonly frames: readonly RgbPicture[];
  readonly times: readonly number[];
  readonly seed: number;
  readonly augmentation: number;
}

/** Latents and frames in one piece, 8-bit frames by the stream. */
export async function* runMiniPipeline(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const gpu = await tools.gpu();
  using weights = await weightsOf(golden);
  const config = parseConfig(golden.text("config"));
  const model = await SimpleGvr.build(gpu, weights.source, config);
  try {
    const frames = framesOf(await golden.tensor("input.lr_frames"));
    const [{ width, height } = { width: 1, height: 1 }] = frames;
    const clip: Clip = {
      gpu,
      model,
      geometry: planGeometry(config, { width, height }, golden.number("scale")),
      frames,
      times: schedule({ kind: "euler", steps: golden.number("steps"), shift: 1 }).sigmas,
      seed: golden.number("seed"),
      augmentation: golden.number("aug"),
    };
    yield* wholeClip(clip);
    yield { name: "output.frames_u8", values: joined(await streamed(clip)), tolerance: BYTES };
  } finally {
    model.dispose();
  }
}

async function* wholeClip(clip: Clip): AsyncGenerator<Produced> {
  const { gpu, model: { vae, net }, geometry, frames, times, augmentation } = clip;
  const { padded, enlarged, sourceGrid, targetGrid, target } = geometry;
  using _scope = gpu.scope();
  const pixels = joined(frames.map((frame) => padFrame(frame, padded)));
  const video = gpu.tensor(
    [frames.length, padded.height, padded.width, 3],
    Float32Array.from(pixels, (value) => value / 127.5 - 1),
  );
  using enlargePixels = resizer(gpu, padded, enlarged, { filter: "bicubic" });
  using enlargeLatent = resizer(gpu, sourceGrid, targetGrid, {
    filter: "bilinear",
    convention: "torch",
  });
  const base = pointwise("clamp(a, -1.0, 1.0)", { a: enlargePixels.apply(video) });
  const source = vae.encode(video);
  const upsampled = net.condition(source, enlargeLatent);
  const { zDim, condDim } = net.config;
  const noise = noiseOf(clip, zDim, "noise");
  const condition = augmentation === 0
    ? upsampled
    : augment(upsampled, noiseOf(clip, condDim, "aug"), augmentation);
  const { height: rows, width: cols } = targetGrid;
  using cleanup = new DisposableStack();
  const tables = cleanup.adopt(
    net.dit.tables({ frames: frames.length, rows, cols }),
    (made) => made.dispose(),
  );
  const latent = net.sample(condition, { times, noise, tables });
  const output = vae.decode(latent, { base });
  const names = ["mid.lr_latent", "mid.upsampled", "mid.noise", "output.latent"];
  const values = await download(gpu, [source, upsampled, noise, latent]);
  for (const [index, name] of names.entries()) yield { name, values: values[index] ?? [] };
  const [bicubic = none, decoded = none] = await download(gpu, [base, output]);
  yield { name: "mid.bicubic", values: bicubic };
  const all = { rows: enlarged.height, cols: enlarged.width };
  const kept = cropped(decoded, all, { rows: target.height, cols: target.width });
  yield { name: "output.frames", values: kept };
}

const none = new Float64Array();

function resizer(
  gpu: Gpu,
  from: { height: number; width: number },
  to: { height: number; width: number },
  rule: ConstructorParameters<typeof Resizer>[3],
): Resizer {
  return new Resizer(gpu, [from.height, from.width], [to.height, to.width], rule);
}

function noiseOf(clip: Clip, channels: number, purpose: NoisePurpose): Tensor {
  const { gpu, seed, frames, geometry: { targetGrid: { height, width } } } = clip;
  const shape = [channels, frames.length, height, width] as const;
  const planes = counterNoise({ seed, purpose, firstFrame: 0, shape });
  const { shape: last, values } = channelsLast({ shape, values: Float64Array.from(planes) });
  return gpu.tensor(last, Float32Array.from(values));
}

/** The upper left part of planes `[any, rows, cols]`. */
function cropped(
  values: Float64Array,
  from: { rows: number; cols: number },
  to: { rows: number; cols: number },
): number[] {
  const inside = (at: number) =>
    at % from.cols < to.cols && Math.floor(at / from.cols) % from.rows < to.rows;
  return [...values].filter((_, at) => inside(at));
}

async function streamed(clip: Clip): Promise<Samples[]> {
  const { gpu, model, geometry, frames, times, seed, augmentation } = clip;
  const stream = new ClipStream(gpu, model, geometry, {
    sampling: { times, augmentation, seed },
    chunk: CHUNK,
  });
  try {
    const output: Samples[] = [];
    for (const frame of frames) {
      for (const { data } of await stream.push(frame)) output.push(data);
    }
    for (const { data } of await stream.finish()) output.push(data);
    return output;
  } finally {
    stream.dispose();
  }
}
