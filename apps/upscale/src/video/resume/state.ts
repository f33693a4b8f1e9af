import { CliError, writeAtomic } from "@vicinity/cli";
import * as v from "valibot";

/** Everything that decides the frames of a result and their coding, by name. */
export type Settings = Readonly<Record<string, string | number | boolean | null>>;

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0));
const NAME = v.pipe(v.string(), v.regex(/^\d+\.[\w.]+$/));
const PART = v.object({
  index: COUNT,
  frames: COUNT,
  files: v.array(v.object({ name: NAME, bytes: COUNT })),
});
const STATE = v.object({
  schema: v.literal(1),
  settings: v.record(v.string(), v.union([v.string(), v.number(), v.boolean(), v.null()])),
  parts: v.array(PART),
});

/** A part that is finished: which one, how many frames it has, and its files. */
export type PartRecord = v.InferOutput<typeof PART>;

/** How far the work on a video has come. */
export interface State {
  /** What the parts were made with. */
  readonly settings: Settings;
  /** The finished parts. */
  readonly parts: readonly PartRecord[];
}

/** Differences that are told one by one: of a folder of pictures there may be thousands. */
const TOLD_CHANGES = 5;

const RESTART = "--restart throws the parts away and begins anew";

/**
 * Reads how far an earlier run has come.
 *
 * @param path The state's file.
 * @returns The state; undefined where there is none.
 * @throws {CliError} `RESUME_DAMAGED` when it cannot be understood.
 */
export async function readState(path: string): Promise<State | undefined> {
  let reason: string;
  try {
    const parsed = v.safeParse(STATE, JSON.parse(await Deno.readTextFile(path)));
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    reason = `${v.getDotPath(issue) ?? "it"}: ${issue.message}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new CliError("RESUME_DAMAGED", `the record of the finished parts is damaged: ${reason}`, {
    file: path,
    hint: RESTART,
  });
}

/**
 * Writes how far the work has come, so that not even a power cut leaves half of it.
 *
 * @param path The state's file.
 * @param state The state.
 */
export async function writeState(path: string, { settings, parts }: State): Promise<void> {
  const text = `${JSON.stringify({ schema: 1, settings, parts }, null, 2)}\n`;
  await writeAtomic(path, new TextEncoder().encode(text), { durable: true });
}

/**
 * Refuses to go on with parts that were made with other settings.
 *
 * @param before The settings of the parts.
 * @param now The settings of this run.
 * @param path The state's file.
 * @throws {CliError} `RESUME_MISMATCH`, which names what differs.
 */
export function requireSame(before: Settings, now: Settings, path: string): void {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])];
  const differing = names.filter((name) => before[name] !== now[name]);
  if (differing.length === 0) return;
  const changes = differing.slice(0, TOLD_CHANGES).map((name) =>
    `${name} was ${shown(before[name])}, now ${shown(now[name])}`
  );
  const more = differing.length - changes.length;
  if (more > 0) changes.push(`and ${more} more`);
  throw new CliError("RESUME_MISMATCH", `the finished parts do not fit: ${changes.join("; ")}`, {
    file: path,
    hint: RESTART,
  });
}

function shown(value: Settings[string] | undefined): string {
  return value === null || value === undefined ? "not given" : String(value);
}
