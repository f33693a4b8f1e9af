/**
 * Says whether a parsed JSON value is an object.
 *
 * @param value The value.
 * @returns False for lists, null and everything simple.
 */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * The entries of a JSON object whose values are texts.
 *
 * @param entries Names and values.
 * @returns The texts by name.
 */
export function textEntries(
  entries: Iterable<readonly [unknown, unknown]>,
): Record<string, string> {
  const texts: [string, string][] = [];
  for (const [name, value] of entries) {
    if (typeof name === "string" && typeof value === "string") texts.push([name, value]);
  }
  return Object.fromEntries(texts);
}
