import type { HdrMetadata } from "./hdr_metadata.ts";

/** A ratio of two whole numbers, kept exact because a float would drift over a long video. */
export interface Rational {
  /** Numerator. */
  num: number;
  /** Denominator, positive. */
  den: number;
}

/** How the numbers of a video stand for colours, in ffmpeg's words; empty where not tagged. */
export interface VideoColor {
  /** Matrix, for example `bt709`. */
  space: string;
  /** `tv` or `pc`. */
  range: string;
  /** Primaries, for example `bt709`. */
  primaries: string;
  /** Transfer curve, for example `bt709` or `smpte2084`. */
  transfer: string;
  /** Place of the chroma samples, for example `left`. */
  chromaLocation: string;
}

/** A stream beside the pictures: sound, subtitles or an attached file. */
export interface SideStream {
  /** Index in the file. */
  index: number;
  /** What it carries. */
  type: "audio" | "subtitle" | "attachment";
  /** ffmpeg's name of the codec. */
  codec: string;
  /** Start in seconds, 0 where the file does not say. */
  startTime: number;
  /** End in seconds, null where the file does not say. */
  endTime: number | null;
  /** Whether the file says that players should choose it. */
  isDefault: boolean;
}

/** A named part of a video. */
export interface Chapter {
  /** Start in seconds. */
  start: number;
  /** End in seconds. */
  end: number;
  /** Title, possibly empty. */
  title: string;
}

/** Everything that decoding and writing back need to know about a video file. */
export interface VideoInfo {
  /** The file. */
  path: string;
  /** ffmpeg's names of the container, for example `mov,mp4,m4a,3gp,3g2,mj2`. */
  format: string;
  /** ffmpeg's name of the codec. */
  codec: string;
  /** Index of the video stream in the file. */
  streamIndex: number;
  /** Width in pixels, after rotation. */
  width: number;
  /** Height in pixels, after rotation. */
  height: number;
  /** How many frames really decode. */
  frames: number;
  /** How many frames the file promises; more than `frames` where it is damaged. */
  expectedFrames: number;
  /** Time stamp of each frame in units of `timeBase`, strictly rising. */
  pts: Float64Array;
  /** Seconds of one unit of `pts`. */
  timeBase: Rational;
  /** Time of each frame in seconds. */
  times: Float64Array;
  /** How long the last frame stays, in units of `timeBase`. */
  lastDuration: number;
  /** Frames a second where every time stamp lies on that grid, else null. */
  constantRate: Rational | null;
  /** Frames a second on average. */
  averageRate: Rational;
  /** Length of the file in seconds. */
  duration: number;
  /** Clockwise turn that the decoder applies, in degrees: 0, 90, 180 or 270. */
  rotation: number;
  /** Shape of one pixel after rotation, 1/1 where unknown. */
  sampleAspectRatio: Rational;
  /** `progressive`, `tt`, `bb`, `tb`, `bt` or `unknown`. */
  fieldOrder: string;
  /** ffmpeg's name of the pixel format. */
  pixelFormat: string;
  /** Bits of one colour sample. */
  bitDepth: number;
  /** Colour tags of the frames that the decoder gives. */
  color: VideoColor;
  /** Colour tags of the file, where the decoder brings its high dynamic range down; else null. */
  toneMappedFrom: VideoColor | null;
  /** What a video whose high dynamic range is kept says of its brightness; else null. */
  hdrMetadata: HdrMetadata | null;
  /** Sound streams. */
  audio: SideStream[];
  /** Subtitle streams. */
  subtitles: SideStream[];
  /** Attached files such as fonts. */
  attachments: SideStream[];
  /** Start times in seconds of the whole file and of the pictures. */
  startTimes: { format: number; video: number };
  /** Chapters in order. */
  chapters: Chapter[];
}

/**
 * Reads a ratio such as `30000/1001` or `4:3`.
 *
 * @param text The ratio as ffprobe prints it.
 * @returns The ratio, or null where it is missing or has a zero.
 */
export function parseRational(text: string | undefined): Rational | null {
  const [num, den] = (text ?? "").split(/[/:]/).map(Number);
  return num !== undefined && den !== undefined && num > 0 && den > 0 ? { num, den } : null;
}

/**
 * Tells whether time stamps lie on a constant grid, rounding to the time base allowed.
 *
 * @param pts Time stamps in units of `timeBase`.
 * @param timeBase Seconds of one unit.
 * @param rate The candidate, in frames a second.
 * @returns True where no frame is a whole unit away from the grid.
 */
export function isConstantRate(pts: Float64Array, timeBase: Rational, rate: Rational): boolean {
  const period = (rate.den * timeBase.den) / (rate.num * timeBase.num);
  const first = pts[0] ?? 0;
  return pts.every((value, index) => Math.abs(value - first - index * period) < 0.999);
}
