/** The key names of transformers (`DinatForImageClassification`), read as the official ones. */
import type { WeightSource, WeightTensor } from "@vicinity/checkpoint";

/** Parts of keys, in the order in which they are replaced: transformers, official. */
const PARTS: readonly (readonly [RegExp, string])[] = [
  [/^(dinat|nat)\./, ""],
  [/^embeddings\.patch_embeddings\.projection\./, "patch_embed.proj."],
  [/^embeddings\.norm\./, "patch_embed.norm."],
  [/^encoder\.levels\.(\d+)\.layers\.(\d+)\./, "levels.$1.blocks.$2."],
  [/^encoder\./, ""],
  [/^layernorm\./, "norm."],
  [/^classifier\./, "head."],
  [/\.layernorm_before\./, ".norm1."],
  [/\.layernorm_after\./, ".norm2."],
  [/\.attention\.self\.rpb$/, ".attn.rpb"],
  [/\.attention\.self\.query\./, ".attn.qkv."],
  [/\.attention\.output\.dense\./, ".attn.proj."],
  [/\.intermediate\.dense\./, ".mlp.fc1."],
  [/\.output\.dense\./, ".mlp.fc2."],
];

const SCALES = /^(.*)\.layer_scale_parameters$/;
const JOINED = /\.attention\.self\.(key|value)\./;

function officialName(key: string): string {
  return PARTS.reduce((name, [part, official]) => name.replace(part, official), key);
}

/** Whether keys are those of transformers. */
export function hasTransformersNames(source: WeightSource): boolean {
  for (const key of source.keys()) {
    if (/^((dinat|nat)\.)?(embeddings|encoder)\./.test(key)) return true;
  }
  return false;
}

/**
 * Weights under the official names, out of a checkpoint of transformers: query, key and value become
 * one layer, the two rows of layer scales two vectors.
 *
 * @param source The checkpoint.
 * @returns The same weights under official names.
 */
export function fromTransformers(source: WeightSource): WeightSource {
  const places = new Map<string, () => WeightTensor | undefined>();
  const found = (key: string) => source.find(key);
  for (const key of source.keys()) {
    const scales = SCALES.exec(key)?.[1];
    if (scales !== undefined) {
      const block = officialName(`${scales}.`);
      places.set(`${block}gamma1`, () => row(found(key), 0));
      places.set(`${block}gamma2`, () => row(found(key), 1));
    } else if (!JOINED.test(key)) {
      const parts = key.includes(".attention.self.query.")
        ? ["query", "key", "value"].map((part) => key.replace(".query.", `.${part}.`))
        : [key];
      places.set(officialName(key), () => stacked(parts.map(found)));
    }
  }
  return {
    name: source.name,
    keys: () => places.keys(),
    find: (key) => places.get(key)?.(),
  };
}

/** Tensors one below the other along their first axis. */
function stacked(tensors: readonly (WeightTensor | undefined)[]): WeightTensor | undefined {
  const [first] = tensors;
  const all = tensors.filter((tensor) => tensor !== undefined);
  if (!first || all.length !== tensors.length) return undefined;
  if (all.length === 1) return first;
  return derived(
    [all.reduce((rows, { shape }) => rows + (shape[0] ?? 0), 0), ...first.shape.slice(1)],
    async () => {
      const values = await Promise.all(all.map((tensor) => tensor.float32()));
      const joined = new Float32Array(values.reduce((size, { length }) => size + length, 0));
      let at = 0;
      for (const part of values) {
        joined.set(part, at);
        at += part.length;
      }
      return joined;
    },
  );
}

function row(tensor: WeightTensor | undefined, index: number): WeightTensor | undefined {
  if (!tensor) return undefined;
  const width = tensor.shape[1] ?? 0;
  return derived(
    [width],
    async () => (await tensor.float32()).slice(index * width, (index + 1) * width),
  );
}

function derived(
  shape: readonly number[],
  float32: () => Promise<Float32Array<ArrayBuffer>>,
): WeightTensor {
  return {
    dtype: "F32",
    shape,
    float32,
    chunks: async function* () {
      yield new Uint8Array((await float32()).buffer);
    },
  };
}
