/** The stable name of a failure, as printed in `error[CODE]` and in JSON. */
export type ErrorCode =
  | "USAGE"
  | "NO_INPUT"
  | "MODEL_TASK"
  | "SIZE"
  | "INPUT_MISSING"
  | "INPUT_IS_DIR"
  | "INPUT_EMPTY"
  | "INPUT_DENIED"
  | "INPUT_KIND"
  | "CALIBRATION"
  | "LABELS"
  | "SWEEPS"
  | "NOT_AN_IMAGE"
  | "IMAGE_TRUNCATED"
  | "IMAGE_CODEC"
  | "IMAGE_TOO_LARGE"
  | "NOT_POINTS"
  | "CROWDED_CELL"
  | "POINTS_CODEC"
  | "POINTS_DAMAGED"
  | "POINTS_LAYOUT"
  | "POINTS_TRUNCATED"
  | "VIDEO_UNREADABLE"
  | "VIDEO_NO_FRAMES"
  | "VIDEO_DAMAGED"
  | "VIDEO_HDR"
  | "VIDEO_OPTIONS"
  | "IMAGE_ENCODE"
  | "WEIGHTS_MISSING"
  | "WEIGHTS_CORRUPT"
  | "WEIGHTS_UNSAFE"
  | "WEIGHTS_MISMATCH"
  | "CONFIG"
  | "SCALE"
  | "WINDOW"
  | "HUB_DENIED"
  | "HUB_MISSING"
  | "HUB_FAILED"
  | "GPU_NONE"
  | "GPU_LIMIT"
  | "GPU_OOM"
  | "GPU_LOST"
  | "GPU_ERROR"
  | "NUMERIC"
  | "OUTPUT_EXISTS"
  | "OUTPUT_DENIED"
  | "OUTPUT_NOSPACE"
  | "OUTPUT_IN_INPUT"
  | "RESUME_DAMAGED"
  | "RESUME_MISMATCH"
  | "FFMPEG_MISSING"
  | "FFMPEG_FAILED"
  | "INTERNAL"
  | "INTERRUPTED"
  | "STDOUT_CLOSED";

/** The exit code that belongs to each error code. */
const EXIT_CODES: Readonly<Record<ErrorCode, number>> = {
  USAGE: 2,
  NO_INPUT: 2,
  MODEL_TASK: 2,
  SIZE: 2,
  INPUT_MISSING: 4,
  INPUT_IS_DIR: 4,
  INPUT_EMPTY: 4,
  INPUT_DENIED: 4,
  INPUT_KIND: 4,
  CALIBRATION: 4,
  LABELS: 4,
  SWEEPS: 4,
  NOT_AN_IMAGE: 4,
  IMAGE_TRUNCATED: 4,
  IMAGE_CODEC: 4,
  IMAGE_TOO_LARGE: 4,
  NOT_POINTS: 4,
  CROWDED_CELL: 4,
  POINTS_CODEC: 4,
  POINTS_DAMAGED: 4,
  POINTS_LAYOUT: 4,
  POINTS_TRUNCATED: 4,
  VIDEO_UNREADABLE: 4,
  VIDEO_NO_FRAMES: 4,
  VIDEO_DAMAGED: 4,
  VIDEO_HDR: 4,
  VIDEO_OPTIONS: 2,
  IMAGE_ENCODE: 7,
  WEIGHTS_MISSING: 5,
  WEIGHTS_CORRUPT: 5,
  WEIGHTS_UNSAFE: 5,
  WEIGHTS_MISMATCH: 5,
  CONFIG: 5,
  SCALE: 2,
  WINDOW: 2,
  HUB_DENIED: 5,
  HUB_MISSING: 5,
  HUB_FAILED: 5,
  GPU_NONE: 6,
  GPU_LIMIT: 6,
  GPU_OOM: 6,
  GPU_LOST: 6,
  GPU_ERROR: 6,
  NUMERIC: 6,
  OUTPUT_EXISTS: 7,
  OUTPUT_DENIED: 7,
  OUTPUT_NOSPACE: 7,
  OUTPUT_IN_INPUT: 7,
  RESUME_DAMAGED: 7,
  RESUME_MISMATCH: 7,
  FFMPEG_MISSING: 8,
  FFMPEG_FAILED: 8,
  INTERNAL: 1,
  INTERRUPTED: 130,
  STDOUT_CLOSED: 141,
};

/** Failures after which no other input of the same run can succeed. */
const FATAL: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "USAGE",
  "NO_INPUT",
  "MODEL_TASK",
  "WEIGHTS_MISSING",
  "WEIGHTS_CORRUPT",
  "WEIGHTS_UNSAFE",
  "WEIGHTS_MISMATCH",
  "CONFIG",
  "SCALE",
  "WINDOW",
  "GPU_NONE",
  "GPU_LOST",
  "GPU_ERROR",
  "FFMPEG_MISSING",
  "OUTPUT_NOSPACE",
  "INTERRUPTED",
  "STDOUT_CLOSED",
]);

/** What a {@link CliError} carries beside its code and message. */
export interface CliErrorDetails {
  /** The file that the failure is about. */
  readonly file?: string | undefined;
  /** One next step for the user. */
  readonly hint?: string | undefined;
  /** What another program said of it. */
  readonly lines?: readonly string[];
  /** The error that led to this one. */
  readonly cause?: unknown;
}

/**
 * A failure that a command reports in one line, with a stable code and the exit code that goes with it.
 *
 * @example
 * ```ts
 * import { CliError } from "@vicinity/cli";
 * import assert from "node:assert/strict";
 *
 * const error = new CliError("INPUT_MISSING", "file not found", { file: "a.png" });
 * assert.equal(error.exitCode, 4);
 * ```
 */
export class CliError extends Error {
  /** The class name, for logs. */
  override readonly name = "CliError";
  /** The stable code of the failure. */
  readonly code: ErrorCode;
  /** The file that the failure is about, if it is about one. */
  readonly file: string | undefined;
  /** One next step for the user, if there is one. */
  readonly hint: string | undefined;
  /** What another program said of it; often nothing. */
  readonly lines: readonly string[];

  /**
   * Makes an error with a code of the table.
   *
   * @param code The stable code.
   * @param message What is wrong, in plain words.
   * @param details The file, a hint and the cause.
   */
  constructor(code: ErrorCode, message: string, details: CliErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.code = code;
    this.file = details.file;
    this.hint = details.hint;
    this.lines = details.lines ?? [];
  }

  /** The exit code of a run that fails with this error alone. */
  get exitCode(): number {
    return EXIT_CODES[this.code];
  }

  /** Whether other inputs of the same run would fail in the same way. */
  get fatal(): boolean {
    return FATAL.has(this.code);
  }
}

/**
 * Says whether a text is one of the error codes of the table.
 *
 * @param code Any value.
 * @returns True for a known code.
 */
export function isErrorCode(code: unknown): code is ErrorCode {
  return typeof code === "string" && Object.hasOwn(EXIT_CODES, code);
}
