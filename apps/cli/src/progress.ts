import { Rate } from "./rate.ts";

/** How progress is shown. */
export type ProgressMode = "auto" | "bar" | "plain" | "json" | "none";

/** The stages of a run, in order. */
export type Phase = "probe" | "load" | "compile" | "run" | "write";

/** A state of the work, as a command reports it. */
export interface ProgressEvent {
  /** The stage. */
  readonly phase: Phase;
  /** Units done. */
  readonly done: number;
  /** Units in all, when known. */
  readonly total?: number | undefined;
  /** What a unit is, in the singular. */
  readonly unit: string;
  /** The input that is worked on. */
  readonly item?: string | undefined;
}

/** Where progress goes, and what the terminal is like. */
export interface ProgressTarget {
  /** Name of the command, at the start of each line. */
  readonly name: string;
  /** How to show it; `auto` is a bar on a terminal, else lines. */
  readonly mode: ProgressMode;
  /** Writes text to standard error. */
  readonly write: (text: string) => void;
  /** Whether the text goes to a terminal that understands cursor commands. */
  readonly terminal: boolean;
  /** The width of the terminal in columns. */
  readonly columns: number;
  /** The clock, in milliseconds. */
  readonly now: () => number;
}

/** In these another item is another input, in the others another part of the same work. */
const PHASES_OF_INPUTS: ReadonlySet<Phase> = new Set(["probe", "run", "write"]);
const REDRAW_MS = 100;
const PLAIN_MS = 10_000;
const PLAIN_SHARE = 0.1;
const HIDE_CURSOR = "\x1b[?25l";
const SHOW_CURSOR = "\x1b[?25h";
const CLEAR_LINE = "\r\x1b[2K";

/**
 * Shows how far a run is: a bar on a terminal, lines in a log, JSON for programs, or nothing.
 *
 * @example
 * ```ts
 * import { Progress } from "@vicinity/cli";
 * import assert from "node:assert/strict";
 *
 * let shown = "";
 * const target = { write: (text: string) => shown += text, now: () => 0, terminal: false, columns: 80 };
 * using progress = new Progress({ ...target, name: "upscale", mode: "plain" });
 * progress.report({ phase: "run", done: 5, total: 10, unit: "frame" });
 * assert.match(shown, /upscale 5\/10 {2}50 %/);
 * ```
 */
export class Progress implements Disposable {
  readonly #target: ProgressTarget;
  readonly #mode: Exclude<ProgressMode, "auto">;
  readonly #tracks = new Map<string, Track>();
  #barShown = false;
  #last: ProgressEvent | undefined;
  #reached: ProgressEvent | undefined;

  /**
   * Prepares to show progress.
   *
   * @param target Where and how.
   */
  constructor(target: ProgressTarget) {
    this.#target = target;
    this.#mode = target.mode === "auto" ? (target.terminal ? "bar" : "plain") : target.mode;
  }

  /**
   * Shows a state if enough has changed since the last one shown.
   *
   * @param event The state of the work.
   */
  report(event: ProgressEvent): void {
    // Kernels are compiled in the middle of other work, which is where it was.
    if (event.phase !== "compile") this.#last = event;
    if (event.phase === "run") this.#reached = event;
    const now = this.#target.now();
    const track = this.#trackOf(event, now);
    track.rate.update(event.done * scaleOf(event), now);
    if (!this.#isDue(event, track, now)) return;
    track.drawnMs = now;
    track.drawnShare = event.total ? event.done / event.total : 0;
    this.#draw(event, track, now);
  }

  #trackOf({ phase, unit, item, done }: ProgressEvent, now: number): Track {
    const key = `${phase} of ${unit}s`;
    const known = this.#tracks.get(key);
    const isPartOfInput = unit !== "input" && PHASES_OF_INPUTS.has(phase);
    const goesOn = known !== undefined && done >= known.done &&
      (known.item === item || !isPartOfInput);
    const drawn = { drawnMs: -Infinity, drawnShare: -Infinity };
    const track = goesOn ? known : { item, startMs: now, rate: new Rate(now), ...drawn, done };
    track.done = done;
    this.#tracks.set(key, track);
    return track;
  }

  /** The state that was reported last. */
  get last(): ProgressEvent | undefined {
    return this.#last;
  }

  /** How far the work itself is, which loading and writing interrupt. */
  get reached(): ProgressEvent | undefined {
    return this.#reached;
  }

  /**
   * Prints a line for a person without tearing the bar.
   *
   * @param line The text without a line break.
   */
  message(line: string): void {
    this.clear();
    this.#target.write(`${line}\n`);
  }

  /** Takes the bar off the screen and shows the cursor again. */
  clear(): void {
    if (!this.#barShown) return;
    this.#target.write(CLEAR_LINE + SHOW_CURSOR);
    this.#barShown = false;
  }

  /** The same as {@link Progress.clear}. */
  [Symbol.dispose](): void {
    this.clear();
  }

  #isDue(event: ProgressEvent, track: Track, now: number): boolean {
    if (this.#mode === "none") return false;
    const finished = event.total !== undefined && event.done >= event.total;
    if (this.#mode !== "plain") return finished || now - track.drawnMs >= REDRAW_MS;
    if (event.done === 0) return false;
    // A picture says itself that it is done; of its parts a log wants to hear only when it takes long.
    const isDetail = event.phase !== "run" || event.unit === "pixel";
    if (isDetail) return now - Math.max(track.drawnMs, track.startMs) >= PLAIN_MS;
    const share = event.total ? event.done / event.total : 0;
    return share - track.drawnShare >= PLAIN_SHARE - 1e-9 || now - track.drawnMs >= PLAIN_MS ||
      (finished && track.drawnShare < 1);
  }

  #draw(event: ProgressEvent, track: Track, now: number): void {
    if (this.#mode === "json") {
      this.#target.write(`${JSON.stringify(eventDocument(event, track, now))}\n`);
    } else if (this.#mode === "plain") {
      this.#target.write(`${this.#text(event, track, now, 0)}\n`);
    } else {
      const line = this.#text(event, track, now, 20).slice(0, this.#target.columns - 1);
      this.#target.write((this.#barShown ? "" : HIDE_CURSOR) + CLEAR_LINE + line);
      this.#barShown = true;
    }
  }

  #text(event: ProgressEvent, track: Track, now: number, barWidth: number): string {
    const { phase, done, total, unit, item } = event;
    const millions = MILLIONS[unit];
    const shown = (amount: number) =>
      millions === undefined ? `${amount}` : (amount * scaleOf(event)).toFixed(1);
    const parts = [
      `${this.#target.name}${phase === "run" ? "" : ` ${phase}`} ${shown(done)}${
        total === undefined ? "" : `/${shown(total)}`
      }${millions === undefined ? "" : ` ${millions}`}`,
    ];
    if (total !== undefined && total > 0) {
      const share = Math.min(1, done / total);
      parts.push(`${Math.floor(share * 100)} %`);
      if (barWidth > 0) parts.push(bar(share, barWidth));
    }
    const rate = track.rate.perSecond;
    if (rate !== undefined) parts.push(`${rate.toPrecision(3)} ${millions ?? unit}/s`);
    parts.push(`elapsed ${clock((now - track.startMs) / 1000)}`);
    if (total !== undefined) {
      parts.push(`ETA ${clock(track.rate.secondsLeft(total * scaleOf(event), now))}`);
    }
    if (item !== undefined) parts.push(item);
    return parts.join("  ");
  }
}

/** What is known of a phase while one thing is worked on. */
interface Track {
  readonly item: string | undefined;
  readonly startMs: number;
  readonly rate: Rate;
  done: number;
  drawnMs: number;
  drawnShare: number;
}

/** What is measured and shown in millions, by how these are called; everything else counts one by one. */
const MILLIONS: Readonly<Record<string, string>> = { byte: "MB", pixel: "MP" };

function scaleOf({ unit }: ProgressEvent): number {
  return MILLIONS[unit] === undefined ? 1 : 1e-6;
}

function eventDocument(
  event: ProgressEvent,
  { rate: { perSecond }, rate }: Track,
  now: number,
): Record<string, unknown> {
  const { phase, done, total, unit, item } = event;
  const scale = scaleOf(event);
  const left = total === undefined ? undefined : rate.secondsLeft(total * scale, now);
  return {
    event: "progress",
    phase,
    done,
    total: total ?? null,
    unit,
    rate: perSecond === undefined ? null : Number((perSecond / scale).toPrecision(4)),
    etaSec: left === undefined ? null : Math.round(left),
    item: item ?? null,
  };
}

function bar(share: number, width: number): string {
  const full = Math.round(share * width);
  const head = full > 0 && full < width ? `${"=".repeat(full - 1)}>` : "=".repeat(full);
  return `[${head.padEnd(width)}]`;
}

/** Seconds as `m:ss` or `h:mm:ss`; unknown is `--:--`. */
function clock(seconds: number | undefined): string {
  if (seconds === undefined) return "--:--";
  const whole = Math.round(seconds);
  const two = (value: number) => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const tail = two(whole % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}
