/** Whole networks, from frames to logits of the canvas. */
import type { LoadedNetwork } from "@vicinity/checkpoint";
import {
  canvasBytes,
  enlargeMasks,
  OUTSIDE,
  type Partition,
  placePicture,
  RelayFormer,
  type RelayFormerOutput,
} from "@vicinity/relayformer";
import { concat, packSamples, reshape, slice, type Tensor } from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import { joined } from "../layout.ts";
import { loadNetwork } from "../network.ts";
import type { Produced, Tools } from "../runner.ts";
import { RESIZED } from "../tolerance.ts";
import { configOf, framesOf, pictureIn, samplesIn } from "./config.ts";

/** Bounds of logits where the threshold of a mask may fall to either side. */
const DOUBT = 2e-4;

/** Which tensors of a network's output are wanted. */
type Pick = (output: RelayFormerOutput) => ReadonlyMap<string, Tensor>;

/** What was read of a sample. */
interface SampleValues {
  readonly cut: Partition;
  readonly frames: number;
  /** Enlarged masks of all frames. */
  readonly masks: ArrayLike<number>;
  /** The tensors that were picked. */
  readonly picked: ReadonlyMap<string, ArrayLike<number>>;
}

async function runSample(
  { gpu, network }: LoadedNetwork<RelayFormer>,
  pictures: readonly RgbPicture[],
  pick: Pick,
): Promise<SampleValues> {
  const { canvas } = network.config;
  const placed = pictures.map((picture) => placePicture(picture, canvas, "crop"));
  const cut = placed[0]?.cut;
  if (cut === undefined) throw new TypeError("Cannot run a sample without frames.");
  const frames = placed.length;
  const bytes = canvasBytes(placed.map(({ picture }) => picture), cut);
  using plan = gpu.plan({
    name: "golden",
    inputs: { bytes: { shape: [bytes.length / 4], dtype: "u32" } },
    run: ({ bytes }) => {
      const output = network.forward(bytes, cut, frames);
      const maps = output.frames.map(({ mask }) => reshape(mask, [1, ...mask.shape, 1]));
      const masks = enlargeMasks(concat(maps, 0), cut, "official");
      return { masks, ...Object.fromEntries(pick(output)) };
    },
  });
  const outputs: Record<string, Tensor> = plan.run({ bytes: packSamples(bytes) });
  const [names, tensors] = [Object.keys(outputs), Object.values(outputs)];
  const values = await gpu.read(tensors);
  const read = new Map(names.map((name, index) => [name, values[index] ?? []]));
  return { cut, frames, masks: read.get("masks") ?? [], picked: read };
}

/** Logits of whole canvases. */
function canvasLogits({ cut, frames, masks }: SampleValues): Float32Array {
  const [rows, cols] = cut.mask;
  const { size } = cut.canvas;
  const logits = new Float32Array(frames * size * size).fill(OUTSIDE);
  for (let row = 0; row < frames * rows; row++) {
    const to = (Math.floor(row / rows) * size + row % rows) * size;
    for (let col = 0; col < cols; col++) logits[to + col] = masks[row * cols + col] ?? NaN;
  }
  return logits;
}

/** Everything inside the network that files name. */
function allTensors(output: RelayFormerOutput): Map<string, Tensor> {
  const block = (index: number) => `mid.block${String(index).padStart(2, "0")}`;
  return new Map([
    ["mid.tokens0", output.embedded],
    ["mid.final_norm", output.normed],
    ...output.local.map((tensor, index): [string, Tensor] => [`${block(index)}.local`, tensor]),
    ...output.relay.map((tensor, index): [string, Tensor] => [`${block(index + 1)}.relay`, tensor]),
    ...output.frames.map(({ mask }, index): [string, Tensor] => [`decoder_out.${index}`, mask]),
  ]);
}

/** Tiny networks, with all that is inside them. */
export async function* runForward(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const config = configOf(golden);
  using loaded = await loadNetwork(
    await tools.gpu(),
    golden,
    (parameters, store) => new RelayFormer(parameters, store, config),
  );
  yield* forwardWith(golden, loaded);
}

/**
 * Runs the frames of a case.
 *
 * @param golden The case.
 * @param loaded The network.
 */
export async function* forwardWith(
  golden: GoldenCase,
  loaded: LoadedNetwork<RelayFormer>,
): AsyncGenerator<Produced> {
  let frames = await framesOf(golden);
  if (golden.text("preprocess") === "resize") {
    const { canvas } = loaded.network.config;
    const resized = frames.map((frame) => placePicture(frame, canvas, "resize").picture);
    const values = joined(resized.map(({ data }) => data));
    yield { name: "mid.resized", values, tolerance: RESIZED };
    frames = [await pictureIn(golden, "mid.resized")];
  }
  const samples: SampleValues[] = [];
  for (const sample of samplesIn(golden, frames)) {
    const pick: Pick = (output) =>
      new Map(
        [...allTensors(output)].filter(([name]) =>
          name.startsWith("decoder_out") || golden.has(name)
        ),
      );
    samples.push(await runSample(loaded, sample, pick));
  }
  yield* insides(golden, samples);
  const logits = joined(samples.map(canvasLogits));
  yield { name: "output.logits", values: logits };
  const mask = "output.prob_mask_gt_0.5";
  if (!golden.has(mask)) return;
  const [expected, expectedLogits] = [
    (await golden.tensor(mask)).values,
    (await golden.tensor("output.logits")).values,
  ];
  const values = Uint8Array.from(logits, (logit, at) => {
    const doubtful = Math.abs(expectedLogits[at] ?? NaN) < DOUBT;
    return doubtful ? expected[at] ?? 0 : logit > 0 ? 1 : 0;
  });
  yield { name: mask, values };
}

async function* insides(
  golden: GoldenCase,
  samples: readonly SampleValues[],
): AsyncGenerator<Produced> {
  for (const name of golden.names("mid.")) {
    const [, frame] = /^mid\.decoder_out\.(\d+)$/.exec(name) ?? [];
    if (frame !== undefined) {
      const maps = samples.flatMap(({ frames, picked }) =>
        Array.from({ length: frames }, (_, index) => picked.get(`decoder_out.${index}`) ?? [])
      );
      yield { name, values: maps[Number(frame)] ?? [] };
    } else if (name.endsWith(".relay")) {
      yield await relayTokens(golden, name, samples);
    } else if (name !== "mid.resized") {
      yield { name, values: joined(samples.map(({ picked }) => picked.get(name) ?? [])) };
    }
  }
}

/** Batches hold the relay tokens of all samples padded to the longest; what pads them is undefined. */
async function relayTokens(
  golden: GoldenCase,
  name: string,
  samples: readonly SampleValues[],
): Promise<Produced> {
  const { shape, values } = await golden.tensor(name);
  const [, length = 0, dim = 0] = shape;
  const own = samples.map(({ picked }) => picked.get(name) ?? []);
  const expected = own.map((tokens, index) => {
    const start = index * length * dim;
    return values.subarray(start, start + tokens.length);
  });
  const count = joined(own).length;
  return {
    name,
    values: joined(own),
    expected: { shape: [count], values: Float64Array.from(joined(expected)) },
  };
}

/** Places of the canvas that files of large networks hold. */
const STRIDE = 16;
const OFFSET = 7;
/** Tokens of a tile that they hold. */
const HELD = 8;

/** Published sizes: some tokens, decoder maps and logits at some places. */
export async function* runForwardLarge(golden: GoldenCase, tools: Tools): AsyncGenerator<Produced> {
  const config = configOf(golden);
  using loaded = await loadNetwork(
    await tools.gpu(),
    golden,
    (parameters, store) => new RelayFormer(parameters, store, config),
  );
  const held = new Map(
    golden.names("mid.").map((name): [string, string] => [
      name,
      name.replace(/\.(tile0|lasttile)_tokens0_8$/, ""),
    ]),
  );
  const pick: Pick = (output) => {
    const all = allTensors(output);
    const picked = new Map([...all].filter(([name]) => name.startsWith("decoder_out")));
    for (const [name, whole] of held) {
      const tensor = all.get(whole);
      if (tensor) picked.set(name, name === whole ? tensor : someTokens(tensor, name));
    }
    return picked;
  };
  const samples: SampleValues[] = [];
  for (const sample of samplesIn(golden, await framesOf(golden))) {
    samples.push(await runSample(loaded, sample, pick));
  }
  for (const name of held.keys()) {
    yield { name, values: joined(samples.map(({ picked }) => picked.get(name) ?? [])) };
  }
  let frame = 0;
  for (const { frames, picked } of samples) {
    for (let index = 0; index < frames; index++) {
      const values = picked.get(`decoder_out.${index}`) ?? [];
      yield { name: `output.decoder_out.${frame++}`, values };
    }
  }
  const { size } = config.canvas;
  const logits = joined(samples.map(canvasLogits)).filter((_, at) =>
    at % size % STRIDE === OFFSET && Math.floor(at / size) % size % STRIDE === OFFSET
  );
  yield { name: "output.logits_stride16_offset7", values: logits };
}

function someTokens(tensor: Tensor, name: string): Tensor {
  const [tiles = 1] = tensor.shape;
  const tile = name.includes("lasttile") ? tiles - 1 : 0;
  return slice(slice(tensor, 0, tile, 1), 1, 0, HELD);
}
