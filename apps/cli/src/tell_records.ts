import { basename } from "node:path";
import { sizeText } from "@vicinity/tensor";
import { kernelTable, type Meter } from "./meter.ts";
import type { ItemRecord } from "./report.ts";
import type { Job } from "./outputs.ts";
import { shownPath } from "./paths.ts";
import type { Voice } from "./voice.ts";

/**
 * Says what became of one input.
 *
 * @param voice Where to say it.
 * @param record The input.
 * @param planned Whether the run only says what it would do.
 */
export function sayRecord(voice: Voice, record: ItemRecord, planned: boolean): void {
  for (const warning of record.warnings) voice.warn(warning);
  if (record.error !== null) {
    if (record.error.code !== "STDOUT_CLOSED") voice.fail(record.error);
  } else if (record.status === "skipped") {
    voice.say(`${record.input}: skipped, its result exists`);
  } else if (record.status === "done") {
    if (planned) { for (const line of planLines(record)) voice.say(line); }
    else voice.say(`${record.input}${outcome(record)}`);
  }
}

function outcome({ summary, outputs, totalMs }: ItemRecord): string {
  const found = summary === undefined ? "" : `: ${summary}`;
  const paths = outputs.map(({ path }) => shownPath(path)).join(", ");
  if (paths !== "") return `${found} -> ${paths} (${(totalMs / 1000).toFixed(1)} s)`;
  return summary === undefined ? " -> standard output" : found;
}

/** What would be done to an input: words and numbers in one line, each table in one of its own. */
function planLines({ input, result }: ItemRecord): string[] {
  const { target, width, height, ...rest }: Record<string, unknown> = { ...result ?? {} };
  const entries = Object.entries(rest);
  const tables = entries.filter(([, value]) => isTable(value));
  const plain = [
    ...(width === undefined ? [] : [`${width} x ${height}`]),
    ...inWords(entries.filter(([, value]) => !isTable(value))),
  ];
  const where = target === undefined
    ? ""
    : ` -> ${target === "-" ? "standard output" : shownPath(String(target))}`;
  return [
    `${input}${where}${plain.length === 0 ? "" : `: ${plain.join(", ")}`}`,
    ...tables.map(([name, table]) =>
      `  ${wordsOf(name)}: ${inWords(Object.entries(table ?? {})).join(", ")}`
    ),
  ];
}

function isTable(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function inWords(entries: readonly [string, unknown][]): string[] {
  return entries.map(([name, value]) =>
    name.endsWith("Bytes") && typeof value === "number"
      ? `${wordsOf(name.slice(0, -"Bytes".length))} ${sizeText(value)}`
      : Array.isArray(value)
      ? `${wordsOf(name)} ${value.length === 0 ? "none" : value.join("; ")}`
      : `${wordsOf(name)} ${value}`
  );
}

/** The name of a key of JSON as people write it: `keptFrames` are kept frames. */
function wordsOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/**
 * Says how a batch ended: counts, and every failure again by its code.
 *
 * @param voice Where to say it.
 * @param records All inputs.
 */
export function saySummary(voice: Voice, records: readonly ItemRecord[]): void {
  const counts = (["done", "skipped", "failed", "not run"] as const).flatMap((status) => {
    const count = records.filter((record) => record.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  voice.say(counts.join(", "));
  for (const { input, error } of records) {
    if (error !== null) voice.say(`  ${error.code}  ${input}`);
  }
}

/**
 * Says that results have longer names than usual.
 *
 * @param voice Where to say it.
 * @param jobs All inputs.
 */
export function sayDoubles(voice: Voice, jobs: readonly Job[]): void {
  const doubles = jobs.filter(({ hasWholeName }) => hasWholeName);
  const [first] = doubles;
  if (first === undefined) return;
  const example = basename(first.targets[0] ?? first.input.path);
  voice.say(
    `${doubles.length} inputs share their names but for the ending: results keep it, as ${example}`,
  );
}

/**
 * Says what every kernel of the run took.
 *
 * @param voice Where to say it.
 * @param meter What followed the run.
 */
export function sayKernels(voice: Voice, { kernels }: Meter): void {
  if (kernels.length === 0) voice.say("no kernel was timed");
  else for (const line of kernelTable(kernels)) voice.say(line);
}

/**
 * Says after a demonstration which file shows most.
 *
 * @param voice Where to say it.
 * @param records The one input.
 * @param place Which of its results that is.
 */
export function sayWhereToLook(
  voice: Voice,
  records: readonly ItemRecord[],
  place: "first" | "last",
): void {
  const output = records[0]?.outputs.at(place === "first" ? 0 : -1);
  if (output !== undefined) voice.say(`look at ${shownPath(output.path)}`);
}
