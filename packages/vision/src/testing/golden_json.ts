/** Golden outputs that are plain JSON. */

/**
 * Reads a file.
 *
 * @param name Its path below `fixtures/golden`.
 * @returns What it holds.
 */
export function readGoldenJson(name: string): unknown {
  const folder = new URL("../../../../fixtures/golden/", import.meta.url);
  return JSON.parse(Deno.readTextFileSync(new URL(name, folder)));
}
