/** The texts that training frameworks keep beside weights. */
import { textEntries } from "../json.ts";
import { type Budget, WEIGHT } from "./budget.ts";
import { Opaque } from "./unpickle.ts";

/** Most bytes that a letter of a text has in JSON: six where it is escaped, each of two bytes. */
const LETTER_BYTES = 12;

/**
 * The texts beside the weights, such as a configuration, and as JSON the lists that mmcv keeps in
 * `meta`: names and colours of the classes. Its own `config` is a program in Python and left out.
 * What a training script keeps of its options in `args` is there as JSON too.
 *
 * @param root The unpickled file.
 * @param budget Pays for the JSON: a pickle may name one long list many times.
 * @returns The texts by name.
 */
export function metadataOf(root: unknown, budget: Budget): Readonly<Record<string, string>> {
  if (!(root instanceof Map)) return {};
  const meta: unknown = root.get("meta");
  const args: unknown = root.get("args");
  return {
    ...textEntries(meta instanceof Map ? listsAsJson(meta, budget) : []),
    ...(args instanceof Opaque && args.state instanceof Map
      ? { args: JSON.stringify(Object.fromEntries(plainEntries(args.state, budget))) }
      : {}),
    ...textEntries(root),
  };
}

function* plainEntries(
  entries: Iterable<[unknown, unknown]>,
  budget: Budget,
): Generator<[string, unknown]> {
  for (const [name, value] of entries) {
    if (isSimple(name, budget) && isPlain(value, budget)) yield [String(name), value];
  }
}

function* listsAsJson(
  entries: Iterable<[unknown, unknown]>,
  budget: Budget,
): Generator<[unknown, string]> {
  for (const [name, value] of entries) {
    if (Array.isArray(value) && value.every((item) => isPlain(item, budget))) {
      yield [name, JSON.stringify(value)];
    }
  }
}

/** Texts, numbers and lists of them; no deeper, since lists of a pickle may hold themselves. */
function isPlain(value: unknown, budget: Budget): boolean {
  return isSimple(value, budget) ||
    (Array.isArray(value) && value.every((item) => isSimple(item, budget)));
}

function isSimple(value: unknown, budget: Budget): boolean {
  const letters = typeof value === "string" ? value.length : 0;
  budget.take(WEIGHT.text + LETTER_BYTES * letters);
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
}
