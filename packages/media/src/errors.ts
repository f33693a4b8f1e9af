/** The stable codes by which a program tells media errors apart. */
export type MediaErrorCode =
  | "FFMPEG_FAILED"
  | "FFMPEG_MISSING"
  | "IMAGE_CODEC"
  | "IMAGE_ENCODE"
  | "IMAGE_TOO_LARGE"
  | "IMAGE_TRUNCATED"
  | "INPUT_EMPTY"
  | "INPUT_IS_DIR"
  | "INPUT_MISSING"
  | "NOT_AN_IMAGE"
  | "NOT_POINTS"
  | "POINTS_CODEC"
  | "POINTS_DAMAGED"
  | "POINTS_LAYOUT"
  | "POINTS_TRUNCATED"
  | "VIDEO_HDR"
  | "VIDEO_NO_FRAMES"
  | "VIDEO_OPTIONS"
  | "VIDEO_UNREADABLE";

/** The parent of every error that this package throws on purpose. */
export abstract class MediaError extends Error {
  /** The stable code of this kind of error. */
  abstract readonly code: MediaErrorCode;
  /** What went wrong, in one sentence, without the advice. */
  readonly summary: string;
  /** What to do next, in one sentence. */
  readonly hint: string;

  /**
   * Makes an error whose message is the summary followed by the hint.
   *
   * @param summary One sentence of the form `Cannot <verb> <thing>: <reason>.`
   * @param hint One sentence that names the next step.
   */
  constructor(summary: string, hint: string) {
    super(`${summary} ${hint}`);
    this.name = new.target.name;
    this.summary = summary;
    this.hint = hint;
  }
}

/** The input has no bytes. */
export class InputEmptyError extends MediaError {
  /** Always `INPUT_EMPTY`. */
  override readonly code = "INPUT_EMPTY" as const;
}

/** The input path does not exist. */
export class InputMissingError extends MediaError {
  /** Always `INPUT_MISSING`. */
  override readonly code = "INPUT_MISSING" as const;
}

/** The input path is a folder where a file is needed. */
export class InputIsDirectoryError extends MediaError {
  /** Always `INPUT_IS_DIR`. */
  override readonly code = "INPUT_IS_DIR" as const;
}

/** The bytes are no picture of a known format. */
export class NotAnImageError extends MediaError {
  /** Always `NOT_AN_IMAGE`. */
  override readonly code = "NOT_AN_IMAGE" as const;
}

/** The picture ends too early or is damaged. */
export class ImageTruncatedError extends MediaError {
  /** Always `IMAGE_TRUNCATED`. */
  override readonly code = "IMAGE_TRUNCATED" as const;
}

/** The format is known, but this build has no decoder for it. */
export class ImageCodecError extends MediaError {
  /** Always `IMAGE_CODEC`. */
  override readonly code = "IMAGE_CODEC" as const;
}

/** The picture has more pixels than allowed. */
export class ImageTooLargeError extends MediaError {
  /** Always `IMAGE_TOO_LARGE`. */
  override readonly code = "IMAGE_TOO_LARGE" as const;
}

/** The pixels cannot be stored in the format asked for. */
export class ImageEncodeError extends MediaError {
  /** Always `IMAGE_ENCODE`. */
  override readonly code = "IMAGE_ENCODE" as const;
}

/** The bytes are no point cloud of a known format. */
export class NotPointsError extends MediaError {
  /** Always `NOT_POINTS`. */
  override readonly code = "NOT_POINTS" as const;
}

/** The format of the points is known, but this variant of it cannot be read. */
export class PointsCodecError extends MediaError {
  /** Always `POINTS_CODEC`. */
  override readonly code = "POINTS_CODEC" as const;
}

/** What a file of points says about itself is wrong or contradicts its content. */
export class PointsDamagedError extends MediaError {
  /** Always `POINTS_DAMAGED`. */
  override readonly code = "POINTS_DAMAGED" as const;
}

/** The columns of a file are not known, or those that were named do not fit it. */
export class PointsLayoutError extends MediaError {
  /** Always `POINTS_LAYOUT`. */
  override readonly code = "POINTS_LAYOUT" as const;
}

/** The file of points ends too early. */
export class PointsTruncatedError extends MediaError {
  /** Always `POINTS_TRUNCATED`. */
  override readonly code = "POINTS_TRUNCATED" as const;
}

/** The file is no video that ffmpeg can open. */
export class VideoUnreadableError extends MediaError {
  /** Always `VIDEO_UNREADABLE`. */
  override readonly code = "VIDEO_UNREADABLE" as const;
}

/** The file has no video stream, or its video stream has no frame. */
export class VideoNoFramesError extends MediaError {
  /** Always `VIDEO_NO_FRAMES`. */
  override readonly code = "VIDEO_NO_FRAMES" as const;
}

/** The video is high dynamic range (PQ or HLG), which 8-bit frames would ruin. */
export class VideoHdrError extends MediaError {
  /** Always `VIDEO_HDR`. */
  override readonly code = "VIDEO_HDR" as const;
}

/** A decoder or writer was asked for something that makes no sense. */
export class VideoOptionsError extends MediaError {
  /** Always `VIDEO_OPTIONS`. */
  override readonly code = "VIDEO_OPTIONS" as const;
}

/** No working ffmpeg or ffprobe was found. */
export class FfmpegMissingError extends MediaError {
  /** Always `FFMPEG_MISSING`. */
  override readonly code = "FFMPEG_MISSING" as const;
}

/** An ffmpeg process ended with a failure. */
export class FfmpegError extends MediaError {
  /** Always `FFMPEG_FAILED`. */
  override readonly code = "FFMPEG_FAILED" as const;
  /** The exit code of the process. */
  readonly exitCode: number;
  /** The last lines (at most 20) that the process wrote to stderr. */
  readonly stderr: string[];

  /**
   * Makes the error for a process that failed.
   *
   * @param action What was being done, for example `encode out.mp4`.
   * @param exitCode The exit code of the process.
   * @param stderr The last lines of stderr.
   */
  constructor(action: string, exitCode: number, stderr: string[]) {
    const last = stderr.at(-1)?.replace(/\.+$/, "") ?? "no message";
    super(
      `Cannot ${action}: ffmpeg ended with code ${exitCode} (${last}).`,
      "Read the ffmpeg lines that this error carries.",
    );
    this.exitCode = exitCode;
    this.stderr = stderr;
  }
}

/** Something worth telling that did not stop the work. */
export interface MediaWarning {
  /** A stable code, for example `VIDEO_DAMAGED`. */
  code: string;
  /** One sentence for a person. */
  message: string;
}
