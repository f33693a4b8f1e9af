/** Model files of tiny networks with weights from a formula. */
import {
  Parameters,
  type TensorToWrite,
  type WeightSource,
  WeightStore,
  writeSafetensors,
} from "@vicinity/checkpoint";
import { open, sizeOf } from "@vicinity/tensor";
import type { RelayFormerConfig } from "../config.ts";
import { RelayFormer } from "../model.ts";

/** A network with every part of the published ones, on a canvas of 2 × 2 tiles of 48 pixels. */
export const TINY: RelayFormerConfig = {
  canvas: { size: 64, grid: 2, tile: 48 },
  vit: {
    dim: 64,
    depth: 2,
    heads: 2,
    hidden: 96,
    relayTokens: 3,
    positionGrid: 4,
    rank: 4,
    alpha: 8,
    blockEps: 1e-5,
  },
  decoder: { dim: 32, queries: 4, heads: 4, layers: 2, hidden: 48 },
};

/** What the file of a network says beside its shapes, as training writes it. */
export function optionsOf({ canvas, vit }: RelayFormerConfig): Record<string, number> {
  return {
    num_heads: vit.heads,
    lora_alpha: vit.alpha,
    block_norm_eps: vit.blockEps,
    input_size: canvas.size,
    grid_size: canvas.grid,
    patch_size: canvas.tile,
  };
}

/** Values that look random and keep the size of what passes through the layers. */
function valuesOf(key: string, shape: readonly number[]): Float32Array {
  const seed = [...key].reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 9973, 1);
  const count = sizeOf(shape);
  if (key.endsWith("freqs")) return Float32Array.from({ length: count }, (_, k) => 0.5 ** k);
  const gain = shape.length === 1 && key.endsWith("weight") ? 1 : 0;
  const spread = shape.length === 1 ? 0.2 : 1.7 / Math.sqrt(sizeOf(shape.slice(1)));
  return Float32Array.from(
    { length: count },
    (_, at) => gain + spread * Math.sin(seed + 12.9898 * at + 0.001 * at * at),
  );
}

/** The weights of a network from the formula. */
export function formulaWeights(asked?: TensorToWrite[]): WeightSource {
  return {
    name: "weights from a formula",
    keys: () => [],
    find: (key, shape = []) => {
      const values = () => Float32Array.from(valuesOf(key, shape));
      asked?.push({ name: key, dtype: "F32", shape, values: values() });
      return {
        dtype: "F32",
        shape,
        float32: () => Promise.resolve(values()),
        chunks: async function* () {
          yield await Promise.resolve(new Uint8Array(values().buffer));
        },
      };
    },
  };
}

/**
 * A model file.
 *
 * @param config The network.
 * @param options What the file says beside its shapes.
 * @returns The tensors, and the whole file.
 */
export async function tinyCheckpoint(
  config: RelayFormerConfig = TINY,
  options: Record<string, unknown> = optionsOf(config),
): Promise<{ tensors: readonly TensorToWrite[]; bytes: Uint8Array<ArrayBuffer> }> {
  using gpu = await open();
  const tensors: TensorToWrite[] = [];
  new RelayFormer(new Parameters(gpu), WeightStore.over(formulaWeights(tensors)), config);
  const bytes = writeSafetensors(tensors, { config: JSON.stringify(options) });
  return { tensors, bytes };
}
