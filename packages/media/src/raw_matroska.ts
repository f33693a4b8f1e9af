import type { HdrMetadata } from "./hdr_metadata.ts";

/**
 * Raw RGB frames as a Matroska stream: the plainest way to hand ffmpeg frames together with exact
 * time stamps, which a bare pipe of pixels cannot carry. Times are nanoseconds, so any time base
 * down to a microsecond comes back exactly after rounding.
 */

/** The element names used, by their codes in the Matroska specification. */
const ELEMENT = {
  ebml: 0x1a45dfa3,
  docType: 0x4282,
  docTypeVersion: 0x4287,
  docTypeReadVersion: 0x4285,
  segment: 0x18538067,
  info: 0x1549a966,
  timestampScale: 0x2ad7b1,
  muxingApp: 0x4d80,
  writingApp: 0x5741,
  tracks: 0x1654ae6b,
  track: 0xae,
  trackNumber: 0xd7,
  trackUid: 0x73c5,
  trackType: 0x83,
  codecId: 0x86,
  defaultDuration: 0x23e383,
  video: 0xe0,
  pixelWidth: 0xb0,
  pixelHeight: 0xba,
  fourCc: 0x2eb524,
  colour: 0x55b0,
  maxCll: 0x55bc,
  maxFall: 0x55bd,
  mastering: 0x55d0,
  redX: 0x55d1,
  redY: 0x55d2,
  greenX: 0x55d3,
  greenY: 0x55d4,
  blueX: 0x55d5,
  blueY: 0x55d6,
  whiteX: 0x55d7,
  whiteY: 0x55d8,
  luminanceMax: 0x55d9,
  luminanceMin: 0x55da,
  cluster: 0x1f43b675,
  timestamp: 0xe7,
  blockGroup: 0xa0,
  blockDuration: 0x9b,
  block: 0xa1,
} as const;

const UNKNOWN_SIZE = [0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];

/** "RGB", which with the bits of a pixel is ffmpeg's tag for rows of red, green, blue. */
const RGB = [0x52, 0x47, 0x42];

/** Track 1, time 0 relative to the cluster, no flags. */
const BLOCK_HEADER = [0x81, 0, 0, 0];

/** What frames have in common. */
export interface RawFrames {
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
  /** Bits of a sample. */
  depth: 8 | 16;
  /** Usual time of a frame, which becomes the nominal frame rate. */
  frameNanoseconds: number;
  /** What ffmpeg is to write of high dynamic range, which it takes from here. */
  metadata: HdrMetadata | null;
}

/**
 * Makes what comes before the first frame.
 *
 * @param frames What the frames have in common.
 * @returns The bytes.
 */
export function matroskaHeader(frames: RawFrames): Uint8Array<ArrayBuffer> {
  const track = element(ELEMENT.track, [
    ...number(ELEMENT.trackNumber, 1),
    ...number(ELEMENT.trackUid, 1),
    ...number(ELEMENT.trackType, 1),
    ...number(ELEMENT.defaultDuration, frames.frameNanoseconds),
    ...text(ELEMENT.codecId, "V_UNCOMPRESSED"),
    ...element(ELEMENT.video, [
      ...number(ELEMENT.pixelWidth, frames.width),
      ...number(ELEMENT.pixelHeight, frames.height),
      ...element(ELEMENT.fourCc, [...RGB, 3 * frames.depth]),
      ...colour(frames.metadata),
    ]),
  ]);
  return Uint8Array.from([
    ...element(ELEMENT.ebml, [
      ...text(ELEMENT.docType, "matroska"),
      ...number(ELEMENT.docTypeVersion, 4),
      ...number(ELEMENT.docTypeReadVersion, 2),
    ]),
    ...code(ELEMENT.segment),
    ...UNKNOWN_SIZE,
    ...element(ELEMENT.info, [
      ...number(ELEMENT.timestampScale, 1),
      ...text(ELEMENT.muxingApp, "vicinity"),
      ...text(ELEMENT.writingApp, "vicinity"),
    ]),
    ...element(ELEMENT.tracks, track),
  ]);
}

/** Screen and luminance of high dynamic range; nothing where there is none. */
function colour(metadata: HdrMetadata | null): number[] {
  const { screen, light } = metadata ?? { screen: null, light: null };
  const parts: number[] = [];
  if (light !== null) {
    parts.push(...number(ELEMENT.maxCll, light.pixel), ...number(ELEMENT.maxFall, light.frame));
  }
  if (screen !== null) {
    const { red, green, blue, white, darkest, brightest } = screen;
    parts.push(...element(ELEMENT.mastering, [
      ...float(ELEMENT.redX, red.x),
      ...float(ELEMENT.redY, red.y),
      ...float(ELEMENT.greenX, green.x),
      ...float(ELEMENT.greenY, green.y),
      ...float(ELEMENT.blueX, blue.x),
      ...float(ELEMENT.blueY, blue.y),
      ...float(ELEMENT.whiteX, white.x),
      ...float(ELEMENT.whiteY, white.y),
      ...float(ELEMENT.luminanceMax, brightest),
      ...float(ELEMENT.luminanceMin, darkest),
    ]));
  }
  return parts.length === 0 ? [] : element(ELEMENT.colour, parts);
}

/**
 * Makes what comes before the bytes of one frame.
 *
 * @param frameBytes Length of the frame that follows.
 * @param time Time stamp in nanoseconds, not negative.
 * @param duration Time that the frame stays, in nanoseconds.
 * @returns The bytes.
 */
export function matroskaFrameHeader(
  frameBytes: number,
  time: number,
  duration: number,
): Uint8Array<ArrayBuffer> {
  const blockStart = [
    ...code(ELEMENT.block),
    ...eightBytes(BLOCK_HEADER.length + frameBytes, true),
    ...BLOCK_HEADER,
  ];
  const group = [...number(ELEMENT.blockDuration, duration), ...blockStart];
  const groupStart = [
    ...code(ELEMENT.blockGroup),
    ...eightBytes(group.length + frameBytes, true),
    ...group,
  ];
  const cluster = [...number(ELEMENT.timestamp, time), ...groupStart];
  return Uint8Array.from([
    ...code(ELEMENT.cluster),
    ...eightBytes(cluster.length + frameBytes, true),
    ...cluster,
  ]);
}

function element(id: number, payload: number[]): number[] {
  return [...code(id), ...eightBytes(payload.length, true), ...payload];
}

function number(id: number, value: number): number[] {
  return element(id, eightBytes(value, false));
}

function float(id: number, value: number): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  return element(id, [...new Uint8Array(view.buffer)]);
}

function text(id: number, value: string): number[] {
  return element(id, [...new TextEncoder().encode(value)]);
}

function code(id: number): number[] {
  return eightBytes(id, false).slice(id > 0xffffff ? 4 : id > 0xffff ? 5 : id > 0xff ? 6 : 7);
}

/** A whole number in eight bytes; a size carries the marker bit that says it has eight. */
function eightBytes(value: number, isSize: boolean): number[] {
  const view = new DataView(new ArrayBuffer(8));
  view.setBigUint64(0, BigInt(value) | (isSize ? 1n << 56n : 0n));
  return [...new Uint8Array(view.buffer)];
}
