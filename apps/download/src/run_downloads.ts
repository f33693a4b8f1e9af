import {
  cacheFolder,
  CliError,
  errorDocument,
  errorLines,
  exitCodeOf,
  Interrupts,
  itemDocument,
  type ItemRecord,
  type OptionValues,
  parseCommandLine,
  Progress,
  readHubId,
  stderrIsTerminal,
  terminalColumns,
  toCliError,
  VERSION,
  writeStderr,
  writeStdout,
} from "@vicinity/cli";
import {
  type DownloadedModel,
  downloadModel,
  type DownloadProgress,
} from "@vicinity/checkpoint/download";
import type { HubId } from "@vicinity/checkpoint/hub";
import { DOWNLOAD_OPTIONS, HELP } from "./options.ts";

const NAME = "download";
const MEGABYTE = 1e6;

/** What all downloads of a run share. */
interface Surroundings {
  readonly values: OptionValues<typeof DOWNLOAD_OPTIONS>;
  readonly cache: string;
  readonly progress: Progress;
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
    using progress = newProgress(values.quiet ? "none" : values.progress);
    const { signal } = interrupts;
    const records: ItemRecord[] = [];
    for (const { text, id } of models) {
      const record = await recordOf(text, id, { values, cache, progress, signal });
      records.push(record);
      await tell(record, { values, cache, progress, signal });
    }
    return exitCodeOf(records);
  } catch (thrown) {
    return await failed(toCliError(thrown), args.includes("--json"));
  }
}

function newProgress(mode: OptionValues<typeof DOWNLOAD_OPTIONS>["progress"]): Progress {
  return new Progress({
    name: NAME,
    mode,
    write: writeStderr,
    terminal: stderrIsTerminal(),
    columns: terminalColumns(),
    now: () => performance.now(),
  });
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
      outputs: model.files.filter(({ fetched }) => fetched),
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
  { values, cache, progress, signal }: Surroundings,
): Promise<DownloadedModel> {
  return await downloadModel(id, {
    cache,
    endpoint: Deno.env.get("HF_ENDPOINT") || undefined,
    token: Deno.env.get("HF_TOKEN") || undefined,
    update: values.update,
    signal,
    onProgress: (state) => progress.report(eventOf(state)),
    onWait: () => say("another download from this repository is running: waiting for it"),
  });

  function say(line: string): void {
    if (!values.quiet) progress.message(line);
  }
}

function eventOf({ file, done, total }: DownloadProgress) {
  const megabytes = (bytes: number) => Number((bytes / MEGABYTE).toFixed(1));
  return {
    phase: "run",
    done: megabytes(done),
    total: megabytes(total),
    unit: "MB",
    item: file,
  } as const;
}

async function tell(record: ItemRecord, { values, progress }: Surroundings): Promise<void> {
  const { input, error, outputs, status } = record;
  if (error !== null) { for (const line of errorLines(error)) progress.message(line); }
  else if (!values.quiet) progress.message(`${input}: ${described(status, outputs)}`);
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

/** Reports a failure that belongs to no single model. */
async function failed(error: CliError, json: boolean): Promise<number> {
  if (error.code === "STDOUT_CLOSED") return error.exitCode;
  writeStderr(`${errorLines(error).join("\n")}\n`);
  if (!json) return error.exitCode;
  const tool = { name: "vicinity", version: VERSION };
  const document = { schema: 1, tool, outputs: [], error: errorDocument(error) };
  await writeStdout(`${JSON.stringify(document)}\n`).catch(() => {});
  return error.exitCode;
}
