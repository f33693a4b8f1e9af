/** The tensors of a checkpoint, out of what training frameworks wrap around them. */
import { TorchTensor } from "./torch_values.ts";

/** Names under which frameworks keep the weights, tried in this order. */
const NESTS = ["state_dict", "model", "model_state", "module", "params_ema", "params"];
/** What data-parallel training puts before every key. */
const PREFIX = "module.";
/** Nests inside nests that are opened. */
const DEEPEST = 4;

/**
 * Finds the weights.
 *
 * @param root The unpickled file.
 * @param nest Name of the nest to open first, such as `state_dict_ema`; the usual ones when absent.
 * @returns Tensors by key, without a common `module.`.
 */
export function stateDict(root: unknown, nest?: string): Map<string, TorchTensor> {
  let dict = root;
  for (let depth = 0; depth < DEEPEST && dict instanceof Map; depth++) {
    const inner: unknown = (nest === undefined ? NESTS : [nest, ...NESTS])
      .map((name) => (dict as Map<unknown, unknown>).get(name))
      .find((value) => value instanceof Map);
    if (inner === undefined) break;
    dict = inner;
  }
  const tensors = new Map<string, TorchTensor>();
  if (!(dict instanceof Map)) return tensors;
  for (const [key, value] of dict) {
    if (typeof key === "string" && value instanceof TorchTensor) tensors.set(key, value);
  }
  const prefixed = tensors.size > 0 && [...tensors.keys()].every((key) => key.startsWith(PREFIX));
  if (!prefixed) return tensors;
  return new Map([...tensors].map(([key, tensor]) => [key.slice(PREFIX.length), tensor]));
}
