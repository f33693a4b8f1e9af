/**
 * Memory of a stream: each causal layer keeps its last input frames, so that a video processed in
 * chunks gives the same result as in one piece.
 */
import { type Gpu, joinFrames, sizeOf, type Tensor } from "@vicinity/tensor";
import type { HostTensor, MemoryState } from "./clip_state.ts";

/** The frames that the layers of one network remember. */
export class FrameStream {
  readonly #gpu: Gpu;
  readonly #kept = new Map<object, Tensor>();
  /** Nothing has been processed yet: layers that change the frame rate let the first frame pass. */
  first = true;

  /**
   * Starts before the first frame.
   *
   * @param gpu The context.
   */
  constructor(gpu: Gpu) {
    this.#gpu = gpu;
  }

  /**
   * Puts a layer's remembered frames in front of its new ones and remembers the last of them.
   *
   * @param layer Who remembers.
   * @param x New frames, `[frames, height, width, channels]`.
   * @param count Frames to remember; zeros before the first frame.
   * @returns `[count + frames, height, width, channels]`.
   */
  join(layer: object, x: Tensor, count: number): Tensor {
    const joined = joinFrames(this.#keptBy(layer, x, count), x);
    this.#remember(layer, joined, count);
    return joined;
  }

  /** Remembers the last frames of a layer's input without joining them. */
  remember(layer: object, x: Tensor, count: number): void {
    this.#keptBy(layer, x, count);
    this.#remember(layer, x, count);
  }

  #remember(layer: object, frames: Tensor, count: number): void {
    const kept = this.#kept.get(layer);
    const [total = 0, ...frame] = frames.shape;
    if (kept) {
      this.#gpu.copy(frames, kept, {
        fromStart: (total - count) * sizeOf(frame),
        count: count * sizeOf(frame),
      });
    }
  }

  #keptBy(layer: object, x: Tensor, count: number): Tensor {
    const kept = this.#kept.get(layer) ??
      this.#gpu.persistent([count, ...x.shape.slice(1)], x.dtype);
    this.#kept.set(layer, kept);
    return kept;
  }

  /** What is remembered, by the layer that keeps it. */
  get kept(): ReadonlyMap<object, Tensor> {
    return this.#kept;
  }

  /** Goes on from what was remembered before. */
  recall({ first, kept }: MemoryState<HostTensor>): void {
    this.reset();
    this.first = first;
    for (const [layer, { shape, dtype, values }] of kept) {
      const own = this.#kept.get(layer) ?? this.#gpu.persistent(shape, dtype);
      this.#kept.set(layer, own);
      this.#gpu.write(own, values);
    }
  }

  /** Bytes of all remembered frames. */
  get bytes(): number {
    return [...this.#kept.values()].reduce((sum, { storage }) => sum + storage.bytes, 0);
  }

  /** Forgets everything, as before the first frame. */
  reset(): void {
    for (const kept of this.#kept.values()) this.#gpu.clear(kept);
    this.first = true;
  }

  /** Frees the memory. */
  dispose(): void {
    for (const kept of this.#kept.values()) this.#gpu.free(kept);
    this.#kept.clear();
  }
}
