import { findFfmpeg } from "@vicinity/media";
import manifest from "../deno.json" with { type: "json" };

/** The version of the tools. */
export const VERSION: string = manifest.version;

/**
 * Says which versions of what a run would use.
 *
 * @returns The tools, Deno, the adapter and ffmpeg; null for what is not there.
 */
export async function versions(): Promise<Readonly<Record<string, string | null>>> {
  const adapter = await globalThis.navigator?.gpu?.requestAdapter();
  const { deno, ffmpeg } = await programVersions();
  return { vicinity: VERSION, deno, adapter: adapter?.info.description ?? null, ffmpeg };
}

/**
 * Says which programs do the work.
 *
 * @returns Their versions; null for ffmpeg where it is not there.
 */
export async function programVersions(): Promise<
  Readonly<Record<"deno" | "ffmpeg", string | null>>
> {
  const ffmpeg = await findFfmpeg().then(({ version }) => version, () => null);
  return { deno: Deno.version.deno, ffmpeg };
}
