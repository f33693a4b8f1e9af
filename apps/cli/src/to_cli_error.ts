import { adapterRemedy } from "./adapter.ts";
import { CliError, type ErrorCode, isErrorCode } from "./errors.ts";

/** Lines of another program that are shown. */
const SHOWN_LINES = 5;

const BY_SYSTEM_CODE: Readonly<Record<string, [code: ErrorCode, message: string]>> = {
  ENOENT: ["INPUT_MISSING", "file not found"],
  ENAMETOOLONG: ["INPUT_MISSING", "the name is too long for a file"],
  EISDIR: ["INPUT_IS_DIR", "is a folder"],
  EACCES: ["OUTPUT_DENIED", "permission denied"],
  EPERM: ["OUTPUT_DENIED", "operation not permitted"],
  EROFS: ["OUTPUT_DENIED", "the file system is read-only"],
  ENOSPC: ["OUTPUT_NOSPACE", "no space left on the disk"],
  EPIPE: ["STDOUT_CLOSED", "the reader closed the pipe"],
};

const BY_NAME: Readonly<Record<string, ErrorCode>> = {
  AbortError: "INTERRUPTED",
};

/** The next step after failures, by their codes. */
export type Hints = Readonly<Partial<Record<ErrorCode, string>>>;

const HINTS: Hints = {
  GPU_LOST: "drivers take the GPU away from who keeps it for long: try --max-dispatch-ms 20; " +
    "what was finished is kept",
  GPU_OOM: "raise --max-memory where the card has more",
  IMAGE_TOO_LARGE: "raise --max-pixels if the file can be trusted",
  IMAGE_TRUNCATED: "copy it again, or decode what is there with --allow-truncated",
  OUTPUT_DENIED: "choose another folder with -o",
  OUTPUT_NOSPACE: "free some space or choose another folder with -o",
  FFMPEG_FAILED: "the lines above are ffmpeg's own",
  FFMPEG_MISSING: "install ffmpeg (apt-get install ffmpeg, brew install ffmpeg) or set FFMPEG_BIN",
  NUMERIC: "run `deno task doctor`, which holds the adapter's results against known ones",
  VIDEO_HDR: "bring it to standard dynamic range with --hdr tonemap",
  INTERNAL: "this is a bug; run again with --debug and report what it prints",
};

/**
 * Turns anything thrown into a {@link CliError}: errors of other packages by their `code` or class name,
 * errors of the operating system by theirs, everything else as `INTERNAL`.
 *
 * @param thrown What was caught.
 * @param file The file that was worked on, for errors that do not name one.
 * @param own Hints of the command, in place of those for all commands.
 * @returns An error with a code, a message in one piece and a hint where one is known.
 */
export function toCliError(thrown: unknown, file?: string, own: Hints = {}): CliError {
  if (thrown instanceof CliError) {
    if (thrown.file !== undefined || file === undefined) return thrown;
    const { code, message, hint, lines } = thrown;
    return new CliError(code, message, { file, hint, lines, cause: thrown });
  }
  if (!(thrown instanceof Error)) {
    return new CliError("INTERNAL", String(thrown), { file, hint: HINTS.INTERNAL, cause: thrown });
  }
  const [code, message] = classify(thrown);
  const told = stringField(thrown, "code") === code ? stringField(thrown, "hint") : undefined;
  const hint = code === "GPU_NONE" ? adapterRemedy() : own[code] ?? HINTS[code] ?? told;
  return new CliError(code, message, { file, hint, lines: programLines(thrown), cause: thrown });
}

/** The last lines of a program that failed, where the error carries them. */
function programLines(error: Error): readonly string[] {
  const lines: unknown = Reflect.get(error, "stderr");
  return Array.isArray(lines) ? lines.map(String).slice(-SHOWN_LINES) : [];
}

function classify(error: Error): [ErrorCode, string] {
  const code = stringField(error, "code");
  if (code === "FFMPEG_FAILED" && /No space left on device/.test(error.message)) {
    return ["OUTPUT_NOSPACE", "no space left on the disk"];
  }
  if (isErrorCode(code)) return [code, stringField(error, "summary") ?? error.message];
  if (error instanceof Deno.errors.NotCapable) {
    return [/write access/.test(error.message) ? "OUTPUT_DENIED" : "INTERNAL", error.message];
  }
  if (error instanceof Deno.errors.BrokenPipe) {
    return ["STDOUT_CLOSED", "the reader closed the pipe"];
  }
  const system = code === undefined ? undefined : BY_SYSTEM_CODE[code];
  if (system !== undefined) return system;
  return [BY_NAME[error.name] ?? "INTERNAL", error.message];
}

function stringField(error: Error, field: "code" | "hint" | "summary"): string | undefined {
  const value: unknown = Reflect.get(error, field);
  return typeof value === "string" ? value : undefined;
}
