import {
  asksForEvents,
  cacheFolder,
  CliError,
  exitCodeOf,
  Interrupts,
  itemDocument,
  type ItemRecord,
  type OptionValues,
  parseCommandLine,
  type Progress,
  readHubId,
  reportFailure,
  standardProgress,
  toCliError,
  VERSION,
  Voice,
  writeStdout,
} from "@vicinity/cli";
import { type DownloadedModel, downloadModel } from "@vicinity/checkpoint/download";
import type { HubId } from "@vicinity/checkpoint/hub";
import { DOWNLOAD_OPTIONS, HELP } from "./options.ts";

const NAME = "download";
const MEGABYTE = 1e6;

/** What all downloads of a run share. */
interface Surroundings {
  readonly values: OptionValues<typeof DOWNLOAD_OPTIONS>;
  readonly cache: string;
  readonly progress: Progress;
  readonly voice: Voice;
  readonly signal: AbortSignal;
}

/**
 * Runs `download` from its arguments to its exit code. Nothing is thrown.
 *
 * @param args The arguments after the command's name.
 * @returns The exit code.
 */
export async function runDownloads(args: readonly string[]): Promise<number> {
  try {
    const { values, inputs } = parseCommandLine(args, DOWNLOAD_OPTIONS);
    if (values.help) {
      await writeStdout(HELP);
      return 0;
    }
    if (inputs.length === 0) {
      throw new CliError("NO_INPUT", "no model was named", { hint: "give hf:owner/name" });
    }
    const models = inputs.map((text) => ({ text, id: readHubId(text) }));
    const cache = cacheFolder();
    using interrupts = new Interrupts();
    using progress = standardProgress(NAME, values.quiet ? "none" : values.progress);
    const voice = new Voice(progress, {
      quiet: values.quiet,
      debug: false,
      json: values.progress === "json",
    });
    const { signal } = interrupts;
    const records: ItemRecord[] = [];
    for (const { text, id } of models) {
      const record = await recordOf(text, id, { values, cache, progress, voice, signal });
      records.push(record);
      await tell(record, { values, cache, progress, voice, signal });
    }
    return exitCodeOf(records);
  } catch (thrown) {
    const json = args.includes("--json");
    using progress = standardProgress(NAME, "none");
    const voice = new Voice(progress, { quiet: false, debug: false, json: asksForEvents(args) });
    return await reportFailure(toCliError(thrown), voice, { json });
  }
}

/** Downloads one model and notes what became of it. */
async function recordOf(input: string, id: HubId, around: Surroundings): Promise<ItemRecord> {
  const start = performance.now();
  const record = { input, about: {}, result: null, outputs: [], warnings: [] };
  const totalMs = () => performance.now() - start;
  if (around.signal.aborted) return { ...record, status: "not run", totalMs: 0, error: null };
  try {
    const model = await download(id, around);
    return {
      ...record,
      status: model.files.some(({ fetched }) => fetched) ? "done" : "skipped",
      result: { commit: model.commit, path: model.path },
      outputs: model.files.filter(({ fetched }) => fetched)
        .map(({ path, bytes }) => ({ product: "model", path, bytes })),
      totalMs: totalMs(),
      error: null,
    };
  } catch (thrown) {
    const error = around.signal.aborted
      ? new CliError("INTERRUPTED", "stopped by the user", {
        hint: "what came is kept: run it again and it goes on from there",
      })
      : toCliError(thrown);
    return { ...record, status: "failed", totalMs: totalMs(), error };
  }
}

async function download(
  id: HubId,
  { values, cache, progress, voice, signal }: Surroundings,
): Promise<DownloadedModel> {
  return await downloadModel(id, {
    cache,
    endpoint: Deno.env.get("HF_ENDPOINT") || undefined,
    token: Deno.env.get("HF_TOKEN") || undefined,
    update: values.update,
    signal,
    // To download is all that this command does.
    onProgress: (state) => progress.report({ ...state, phase: "run" }),
    onWait: () => voice.say("another download from this repository is running: waiting for it"),
  });
}

async function tell(record: ItemRecord, { values, progress, voice }: Surroundings): Promise<void> {
  const { input, error, outputs, status } = record;
  if (error === null) voice.say(`${input}: ${described(status, outputs)}`);
  else voice.fail(error);
  if (!values.json) return;
  const frame = {
    command: NAME,
    task: NAME,
    version: VERSION,
    planned: false,
    model: null,
    device: null,
  };
  progress.clear();
  await writeStdout(`${JSON.stringify(itemDocument(frame, record))}\n`);
}

function described(status: ItemRecord["status"], outputs: ItemRecord["outputs"]): string {
  if (status === "not run") return "not begun";
  if (status === "skipped") return "is there already";
  const bytes = outputs.reduce((sum, output) => sum + output.bytes, 0);
  const files = outputs.length === 1 ? "1 file" : `${outputs.length} files`;
  return `${files}, ${(bytes / MEGABYTE).toFixed(1)} MB`;
}
