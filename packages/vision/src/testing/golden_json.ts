/** Golden outputs that are plain JSON. */

/**
 * Reads a file.
 *
 * @param name Its path below `fixtures/golden`.
 * @returns What it holds.
 */
export async function readGoldenJson(name: string): Promise<unknown> {
  const folder = new URL("../../../../fixtures/golden/", import.meta.url);
  return JSON.parse(await Deno.readTextFile(new URL(name, folder)));
}
