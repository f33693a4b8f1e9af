/**
 * One clip on its way through the network: frames in, enlarged frames out some frames later, with
 * memory for a few frames whatever the clip's length.
 */
import {
  followWork,
  type Gpu,
  requireFinite,
  type SampleBits,
  type Samples,
  type Tensor,
} from "@vicinity/tensor";
import type { RgbPicture } from "@vicinity/vision";
import { type ChunkOptions, ChunkPlans, type DecodedFrames } from "./chunk_plans.ts";
import { mapState, type ParkedClip, toHost } from "./clip_state.ts";
import type { TokenTables } from "./dit.ts";
import { FrameTensors } from "./frame_tensors.ts";
import type { Geometry } from "./geometry.ts";
import { augment } from "./latent_network.ts";
import type { SimpleGvr } from "./model.ts";
import { counterNoise } from "./noise.ts";
import { unpackFrames } from "./post.ts";
import { packFrames, padFrame } from "./pre.ts";
import { BlockPlans, splitFrames, Wavefront } from "./wavefront.ts";

/** How a clip is sampled. */
export interface Sampling {
  /** Times from 1 down to 0. */
  readonly times: readonly number[];
  /** Share of noise in the condition. */
  readonly augmentation: number;
  /** Seed of the noise; no noise when absent. */
  readonly seed?: number | undefined;
}

/** Options of {@link ClipStream}. */
export interface ClipStreamOptions extends ChunkOptions {
  /** How the clip is sampled. */
  readonly sampling: Sampling;
  /** Frames that are encoded and decoded together. */
  readonly chunk: number;
}

/** A frame between two passes of the transformer. */
interface Sample {
  readonly latent: Tensor;
  readonly condition: Tensor;
}

/** One Euler step over the stream. */
interface Pass {
  readonly time: number;
  readonly step: number;
  readonly wavefront: Wavefront;
  /** Frames inside the wavefront, oldest first. */
  readonly inside: Sample[];
}

/** A clip in flight. */
export class ClipStream {
  readonly #gpu: Gpu;
  readonly #model: SimpleGvr;
  readonly #geometry: Geometry;
  readonly #options: ClipStreamOptions;
  readonly #chunks: ChunkPlans;
  readonly #tables: TokenTables;
  readonly #blocks: BlockPlans;
  readonly #passes: readonly Pass[];
  /** Latents, conditions and tokens between the steps. */
  readonly #inside: FrameTensors;
  /** Padded frames that are not decoded yet, oldest first. */
  #waiting: Samples[] = [];
  #arrived: Samples[] = [];
  #finished: Tensor[] = [];
  #encoded = 0;
  #timeSet = NaN;

  /** Makes tables; programs follow with the frames. */
  constructor(gpu: Gpu, model: SimpleGvr, geometry: Geometry, options: ClipStreamOptions) {
    this.#gpu = gpu;
    this.#model = model;
    this.#geometry = geometry;
    this.#options = options;
    this.#inside = new FrameTensors(gpu);
    this.#chunks = new ChunkPlans(gpu, model, geometry, options);
    const { dit } = model.net;
    const [, patchHeight, patchWidth] = dit.config.patchSize;
    const { height, width } = geometry.targetGrid;
    this.#tables = dit.tables({
      frames: Math.max(1, dit.config.attention.unit),
      rows: height / patchHeight,
      cols: width / patchWidth,
    });
    this.#blocks = new BlockPlans(gpu, dit, this.#tables);
    const { times } = options.sampling;
    this.#passes = times.slice(0, -1).map((time, index) => ({
      time,
      step: (times[index + 1] ?? 0) - time,
      wavefront: new Wavefront(gpu, dit, this.#blocks),
      inside: [],
    }));
  }

  /**
   * Takes the next frame.
   *
   * @param frame A frame of the source's size; all frames of a clip have samples of as many bits.
   * @returns Enlarged frames that are ready now.
   */
  async push(frame: RgbPicture<Samples>): Promise<RgbPicture<Samples>[]> {
    const padded = padFrame(frame, this.#geometry.padded);
    this.#arrived.push(padded);
    this.#waiting.push(padded);
    if (this.#arrived.length < this.#options.chunk) return [];
    this.#encode();
    return await this.#decode(false);
  }

  /**
   * Ends the clip. The stream can take another one afterwards.
   *
   * @returns The remaining enlarged frames.
   */
  async finish(): Promise<RgbPicture<Samples>[]> {
    if (this.#arrived.length > 0) this.#encode();
    this.#advance(0, [], true);
    const rest = await this.#decode(true);
    this.#chunks.reset();
    this.#encoded = 0;
    return rest;
  }

  /**
   * Follows the work on a clip of one frame, until it is disposed.
   *
   * @param frame The frame, before it is pushed.
   * @param onShare Told how much is done, from 0 to 1.
   * @returns Ends it.
   */
  followPicture(frame: RgbPicture<Samples>, onShare: (share: number) => void): Disposable {
    const source = packFrames([padFrame(frame, this.#geometry.padded)]);
    const steps = this.#passes.length * this.#blocks.flopsOfPicture;
    // What is done between the steps is too little to count.
    const total = this.#chunks.flopsOfPicture(source) + steps;
    let done = 0;
    return followWork(this.#gpu, (flops) => {
      done += flops;
      onShare(Math.min(1, done / total));
    });
  }

  /**
   * Brings what the stream remembers to the host; the stream can take another clip afterwards.
   *
   * @returns What {@link ClipStream.resume} goes on from.
   */
  async park(): Promise<ParkedClip> {
    const parked = await toHost(this.#gpu, {
      memories: this.#chunks.memories,
      passes: this.#passes.map(({ inside, wavefront }) => ({ inside, queues: wavefront.queues })),
      finished: this.#finished,
      waiting: this.#waiting,
      arrived: this.#arrived,
      encoded: this.#encoded,
    });
    this.#forget();
    return parked;
  }

  /**
   * Goes on with a clip that was parked by a stream for frames of the same size.
   *
   * @param parked What that stream remembered.
   */
  resume(parked: ParkedClip): void {
    this.#forget();
    parked.memories.forEach((memory, index) => this.#chunks.memories[index]?.recall(memory));
    const recalled = mapState({ ...parked, memories: [] }, ({ shape, dtype, values }) => {
      const tensor = this.#inside.hold(this.#gpu.persistent(shape, dtype));
      this.#gpu.write(tensor, values);
      return tensor;
    });
    recalled.passes.forEach(({ inside, queues }, index) => {
      const pass = this.#passes[index];
      pass?.inside.push(...inside);
      pass?.wavefront.recall(queues);
      for (const { frames } of queues) this.#inside.handOn(frames);
    });
    this.#finished.push(...recalled.finished);
    this.#waiting.push(...parked.waiting);
    this.#arrived.push(...parked.arrived);
    this.#encoded = parked.encoded;
  }

  /** Drops the clip, as before its first frame. */
  #forget(): void {
    for (const { inside, wavefront } of this.#passes) {
      wavefront.dispose();
      inside.length = 0;
    }
    this.#inside.dispose();
    this.#chunks.reset();
    [this.#waiting, this.#arrived, this.#finished] = [[], [], []];
    this.#encoded = 0;
  }

  #encode(): void {
    const frames = this.#arrived.length;
    const condition = this.#chunks.encode(frames, packFrames(this.#arrived));
    this.#arrived = [];
    const conditions = splitFrames(condition).map((each) => this.#inside.hold(each));
    const samples = conditions.map((each) => this.#start(each));
    this.#advance(0, samples, false);
  }

  /** The start of a frame's sampling. */
  #start(clean: Tensor): Sample {
    const frame = this.#encoded++;
    const { seed, augmentation } = this.#options.sampling;
    const { zDim } = this.#model.config.net;
    const latent = this.#noise(frame, zDim, "noise");
    if (augmentation === 0 || seed === undefined) return { latent, condition: clean };
    using scope = this.#gpu.scope();
    const noise = this.#noise(frame, clean.shape[2] ?? 0, "aug");
    const condition = this.#inside.hold(scope.keep(augment(clean, noise, augmentation)));
    for (const used of [clean, noise]) this.#inside.free(used);
    return { latent, condition };
  }

  #noise(frame: number, channels: number, purpose: "noise" | "aug"): Tensor {
    const { height, width } = this.#geometry.targetGrid;
    const { seed } = this.#options.sampling;
    const noise = this.#inside.hold(this.#gpu.persistent([height, width, channels]));
    if (seed === undefined) return noise;
    const planes = counterNoise({
      seed,
      purpose,
      firstFrame: frame,
      shape: [channels, 1, height, width],
    });
    const area = height * width;
    const pixelAt = (at: number) => (at % channels) * area + Math.floor(at / channels);
    this.#gpu.write(noise, planes.map((_, at) => planes[pixelAt(at)] ?? 0));
    return noise;
  }

  /** Moves frames through the passes from number `index` on. */
  #advance(index: number, samples: readonly Sample[], ending: boolean): void {
    const pass = this.#passes[index];
    if (!pass) {
      for (const { latent, condition } of samples) {
        this.#finished.push(latent);
        this.#inside.free(condition);
      }
      return;
    }
    this.#setTime(pass.time);
    const tokens = samples.map(({ latent, condition }) =>
      this.#inside.hold(copyOf(this.#chunks.embed(latent, condition)))
    );
    pass.inside.push(...samples);
    this.#inside.handOn(tokens);
    const hold = (frame: Tensor) => this.#inside.hold(frame);
    const done = pass.wavefront.push(tokens).map(hold);
    if (ending) done.push(...pass.wavefront.finish().map(hold));
    const moved = done.map((frame) => this.#step(pass, frame));
    this.#advance(index + 1, moved, ending);
  }

  #step(pass: Pass, tokens: Tensor): Sample {
    const sample = pass.inside.shift();
    if (!sample) throw new RangeError("Cannot step: no frame is inside the pass.");
    const latent = this.#inside.hold(
      copyOf(this.#chunks.step(sample.latent, tokens, pass.step)),
    );
    this.#inside.free(tokens);
    this.#inside.free(sample.latent);
    return { latent, condition: sample.condition };
  }

  #setTime(time: number): void {
    if (time === this.#timeSet) return;
    this.#model.net.dit.setTime(time);
    this.#timeSet = time;
  }

  /** Decodes finished latents in chunks; the last ones too when the clip ends. */
  async #decode(ending: boolean): Promise<RgbPicture<Samples>[]> {
    const frames: RgbPicture<Samples>[] = [];
    const { chunk } = this.#options;
    while (this.#finished.length >= chunk || (ending && this.#finished.length > 0)) {
      const latents = this.#finished.splice(0, chunk);
      const sources = this.#waiting.splice(0, latents.length);
      const source = packFrames(sources);
      const output = this.#chunks.decode(latents, source);
      for (const latent of latents) this.#inside.free(latent);
      frames.push(...await this.#toFrames(output, latents.length, source.bits));
    }
    return frames;
  }

  async #toFrames(
    output: DecodedFrames,
    frames: number,
    bits: SampleBits,
  ): Promise<RgbPicture<Samples>[]> {
    const [words = new Uint32Array(), counts = []] = await this.#gpu.read([
      output.frames,
      output.nonFinite,
    ]);
    const { target } = this.#geometry;
    const shape = [frames, target.height, target.width, 3];
    requireFinite("the enlarged frames", { shape, dtype: "f32" }, counts);
    return unpackFrames(words, frames, target, bits);
  }

  /** Frees everything that the stream holds. */
  dispose(): void {
    for (const { wavefront } of this.#passes) wavefront.dispose();
    this.#inside.dispose();
    this.#blocks.dispose();
    this.#tables.dispose();
    this.#chunks.dispose();
  }
}

/** A copy that outlives the next run of the plan that made the original. */
function copyOf(x: Tensor): Tensor {
  const y = x.gpu.empty(x.shape);
  x.gpu.copy(x, y);
  return y;
}
