import { writeSafetensors } from "@vicinity/checkpoint";
import type { TensorToWrite, WeightSource } from "@vicinity/checkpoint";
import { parseConfig, SimpleGvr } from "@vicinity/simplegvr";
import { open } from "@vicinity/tensor";
import { hashWeights } from "../packages/simplegvr/src/testing/hash_weights.ts";

/** A network with every part of the shipped ones, in a few thousand numbers. */
const CONFIG = JSON.stringify({
  vae: {
    dim: 8,
    dim_mult: [1, 2],
    num_res_blocks: 1,
    temporal: [false],
    z_dim: 4,
    patch: 2,
    cond: true,
    mid_attn: false,
    residual: true,
    res_scale: 0.1,
  },
  net: {
    z_dim: 4,
    cond_dim: 8,
    patch_size: [1, 1, 1],
    dim: 16,
    ffn_dim: 32,
    num_heads: 2,
    num_layers: 2,
    freq_dim: 16,
    cross_attn: false,
    attention: { type: "sparse_local", window: [4, 4], topk: 1, unit: 5, shift: 2 },
    upsampler: { variant: "res3d", hidden: 8, t_levels: 0 },
  },
});

/**
 * Makes a model file with weights from a formula, so that commands can be tried without a trained one.
 *
 * It happens in a process of its own: of test processes that had both opened a software GPU and run
 * encoders, one in four died of a corrupted heap on the way out.
 *
 * @param path Where to put it.
 */
export async function writeTinyModel(path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--allow-read",
      `--allow-write=${path}`,
      import.meta.filename ?? "",
      path,
    ],
    stdout: "null",
    stderr: "piped",
  }).output();
  if (!success) throw new Error(`Cannot write ${path}: ${new TextDecoder().decode(stderr)}`);
}

async function writeFile(path: string): Promise<void> {
  const asked = new Map<string, readonly number[]>();
  const formula = hashWeights();
  const noting: WeightSource = {
    ...formula,
    find: (key, shape = []) => {
      asked.set(key, shape);
      return formula.find(key, shape);
    },
  };
  using gpu = await open();
  (await SimpleGvr.build(gpu, noting, parseConfig(CONFIG))).dispose();
  const tensors: TensorToWrite[] = [];
  for (const [name, shape] of asked) {
    const values = await formula.find(name, shape)?.float32();
    if (values !== undefined) tensors.push({ name, dtype: "F32", shape, values });
  }
  await Deno.writeFile(path, writeSafetensors(tensors, { config: CONFIG }));
}

if (import.meta.main) {
  const [path] = Deno.args;
  if (path !== undefined) await writeFile(path);
}
