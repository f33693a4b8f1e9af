/** What `deno task tune` wrote, where it counts. */
import { attentionCandidates } from "@vicinity/attention";
import {
  adapterName,
  candidatesChecksum,
  type Caps,
  parseTuning,
  type Tuning,
} from "@vicinity/tensor";

const TUNING = new URL("../../../.cache/tuning.json", import.meta.url);

/** A tuning, or why the file that is there is none; nothing where there is no file. */
export interface TuningFile {
  /** What was measured, for the kernels that there are now. */
  readonly tuning?: Tuning;
  /** Why it does not count. */
  readonly misfit?: string;
}

/**
 * Reads a tuning. One that is damaged or old counts as none: the choices only cost time.
 *
 * @param file Where it is.
 * @returns The tuning, or why there is none.
 */
export async function readTuning(file: string | URL = TUNING): Promise<TuningFile> {
  try {
    const value: unknown = JSON.parse(await Deno.readTextFile(file));
    return { tuning: parseTuning(value, await candidatesChecksum(attentionCandidates())) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return {};
    if (error instanceof SyntaxError) return { misfit: "it is no JSON" };
    if (error instanceof TypeError) {
      return { misfit: error.message.replace(/^Cannot use this tuning: |\. Tune again\.$/g, "") };
    }
    throw error;
  }
}

/**
 * Why a tuning that is there is not used on an adapter.
 *
 * @param caps Facts about the adapter.
 * @param read What was read.
 * @returns The reason; nothing where the tuning is used or there is none.
 */
export function tuningMisfit(caps: Caps, { tuning, misfit }: TuningFile): string | undefined {
  if (!tuning || tuning.adapter === adapterName(caps)) return misfit;
  return `it was made on ${tuning.adapter}, this is ${adapterName(caps)}`;
}
