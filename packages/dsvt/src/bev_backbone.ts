/** `BaseBEVResBackbone`: residual convolutions at several resolutions of a map seen from above. */
import type { Parameter, Parameters, WeightStore } from "@vicinity/checkpoint";
import { convTranspose2d, type PackedWeight, type Tensor } from "@vicinity/tensor";
import { FoldedConv, foldedNorm } from "@vicinity/vision";
import type { BevConfig } from "./config.ts";

/** Added to the variance of batch norm. */
const EPS = 1e-3;

/** What the backbone gives. */
export interface BevFeatures {
  /** The map behind each level's blocks. */
  readonly levels: readonly Tensor[];
  /**
   * `[batch, y, x, channels]` each: slices of the channels of the official map, in order. The whole map
   * of a published detector is larger than a binding may be, so it is never made.
   */
  readonly slices: readonly Tensor[];
}

/** The backbone. */
export class BaseBevResBackbone {
  readonly #levels: readonly (readonly BasicBlock[])[];
  readonly #deblocks: readonly Deblock[];

  /**
   * Declares `blocks` and `deblocks`.
   *
   * @param parameters Collects the weights.
   * @param store Module `backbone_2d`.
   * @param channels Channels of the map.
   * @param config Levels.
   */
  constructor(parameters: Parameters, store: WeightStore, channels: number, config: BevConfig) {
    const { blocks, strides, filters, upsampleStrides, upsampleFilters } = config;
    this.#levels = blocks.map((more, level) => {
      const out = filters[level] ?? channels;
      const module = store.at("blocks").at(level);
      return Array.from(
        { length: 1 + more },
        (_, block) =>
          new BasicBlock(parameters, module.at(block), {
            from: block > 0 ? out : filters[level - 1] ?? channels,
            out,
            stride: block > 0 ? 1 : strides[level] ?? 1,
            changes: block === 0,
          }),
      );
    });
    this.#deblocks = blocks.map((_, level) =>
      deblock(parameters, store.at("deblocks").at(level), {
        from: filters[level] ?? channels,
        out: upsampleFilters[level] ?? channels,
        scale: upsampleStrides[level] ?? 1,
      })
    );
  }

  /**
   * Looks at a map that is mostly empty.
   *
   * @param rows `[voxels, channels]`.
   * @param pixels u32 `[batch, y, x]`: the voxel of each place, `NO_ROW` where it is empty.
   * @returns Levels, and slices of the result.
   */
  forward(rows: Tensor, pixels: Tensor): BevFeatures {
    const levels: Tensor[] = [];
    const slices = this.#levels.map((blocks, level) => {
      let map = levels[level - 1] ?? rows;
      for (const [index, block] of blocks.entries()) {
        map = block.forward(map, level + index === 0 ? pixels : undefined);
      }
      levels.push(map);
      const deblock = this.#deblocks[level];
      if (!deblock) throw new TypeError(`Cannot look from above: level ${level} has no deblock.`);
      return deblock.forward(map);
    });
    return { levels, slices };
  }
}

/** Extents of a block. */
interface BlockConfig {
  readonly from: number;
  readonly out: number;
  readonly stride: number;
  /** Whether the identity goes through a convolution. */
  readonly changes: boolean;
}

/** Two convolutions and an identity. */
class BasicBlock {
  readonly #conv1: FoldedConv;
  readonly #conv2: FoldedConv;
  readonly #downsample: FoldedConv | undefined;
  readonly #stride: number;

  constructor(parameters: Parameters, store: WeightStore, config: BlockConfig) {
    const { from, out, stride, changes } = config;
    this.#stride = stride;
    const conv = (name: string, norm: string, shape: readonly [number, number, number, number]) =>
      new FoldedConv(parameters, store.at(name), store.at(norm), { shape, eps: EPS });
    this.#conv1 = conv("conv1", "bn1", [out, from, 3, 3]);
    this.#conv2 = conv("conv2", "bn2", [out, out, 3, 3]);
    if (changes) {
      this.#downsample = conv("downsample_layer.0", "downsample_layer.1", [out, from, 1, 1]);
    }
  }

  forward(x: Tensor, pixels: Tensor | undefined): Tensor {
    const input = { stride: this.#stride, ...(pixels ? { pixels } : {}) };
    const hidden = this.#conv1.forward([x], { ...input, padding: 1, activation: "relu" });
    const identity = this.#downsample?.forward([x], input) ?? x;
    return this.#conv2.forward([hidden], { padding: 1, residual: identity, activation: "relu" });
  }
}

/** From a level to the size of the result. */
interface Deblock {
  forward(map: Tensor): Tensor;
}

interface DeblockConfig {
  readonly from: number;
  readonly out: number;
  readonly scale: number;
}

function deblock(parameters: Parameters, store: WeightStore, config: DeblockConfig): Deblock {
  const { from, out, scale } = config;
  if (scale >= 1) return new Enlargement(parameters, store, config);
  const stride = Math.round(1 / scale);
  const conv = new FoldedConv(parameters, store.at(0), store.at(1), {
    shape: [out, from, stride, stride],
    eps: EPS,
  });
  return { forward: (map) => conv.forward([map], { stride, activation: "relu" }) };
}

/** A transposed convolution whose step is its kernel: places of the result are apart from each other. */
class Enlargement implements Deblock {
  readonly #phases: readonly Parameter<PackedWeight>[];
  readonly #bias: Parameter<Tensor>;
  readonly #config: DeblockConfig;

  constructor(parameters: Parameters, store: WeightStore, config: DeblockConfig) {
    const { from, out, scale } = config;
    this.#config = config;
    const weight = store.at(0).get("weight", [from, out, scale, scale]);
    const norm = foldedNorm(store.at(1), out, EPS);
    const area = scale * scale;
    this.#phases = Array.from(
      { length: area },
      (_, phase) =>
        parameters.packedFrom(weight.key, async () => {
          const [all, factors] = [await weight.float32(), await norm.factors()];
          const values = new Float32Array(out * from);
          for (let at = 0; at < values.length; at++) {
            const [o, i] = [Math.floor(at / from), at % from];
            values[at] = (all[(i * out + o) * area + phase] ?? 0) * (factors[o] ?? 0);
          }
          return { values, shape: [out, from] };
        }),
    );
    this.#bias = parameters.derived(
      store.path,
      async () => parameters.gpu.tensor([out], await norm.bias(new Float32Array(out))),
    );
  }

  forward(map: Tensor): Tensor {
    const { from, out, scale } = this.#config;
    const phases = this.#phases.map(({ value }, phase) => ({
      at: [Math.floor(phase / scale), phase % scale] as const,
      padding: [0, 0] as const,
      dilation: [1, 1] as const,
      weight: value,
    }));
    const weight = {
      phases,
      stride: [scale, scale] as const,
      footprint: [scale, scale] as const,
      channels: from,
      columns: out,
    };
    return convTranspose2d(map, weight, { bias: this.#bias.value, activation: "relu" });
  }
}
