/** What is changed in EXIF data that goes to a new picture. */
export interface ExifChange {
  /** Width of the new picture in pixels. */
  width: number;
  /** Height of the new picture in pixels. */
  height: number;
}

const TAG = { orientation: 0x0112, exifIfd: 0x8769, width: 0xa002, height: 0xa003 } as const;
const SHORT = 3;

/**
 * Copies EXIF data for pixels that are already upright and of another size: orientation becomes 1,
 * the sizes are set, and the thumbnail of the old picture is cut off.
 *
 * @param exif A TIFF block, with or without the `Exif` signature before it.
 * @param change Size of the new picture.
 * @returns A new TIFF block without the signature, or undefined where the data is damaged.
 */
export function uprightExif(exif: Uint8Array, change: ExifChange): Uint8Array | undefined {
  const signed = String.fromCharCode(...exif.subarray(0, 4)) === "Exif";
  const tiff = exif.slice(signed ? 6 : 0);
  const view = new DataView(tiff.buffer);
  try {
    const mark = view.getUint16(0);
    if (mark !== 0x4949 && mark !== 0x4d4d) return undefined;
    const little = mark === 0x4949;
    const ifd = view.getUint32(4, little);
    const sub = patchDirectory(view, ifd, little, change);
    if (sub !== undefined) patchDirectory(view, sub, little, change);
    view.setUint32(ifd + 2 + view.getUint16(ifd, little) * 12, 0, little);
    return tiff;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Returns where the EXIF directory proper lies, if this one points to it. */
function patchDirectory(
  view: DataView,
  at: number,
  little: boolean,
  change: ExifChange,
): number | undefined {
  let sub: number | undefined;
  for (let entry = 0; entry < view.getUint16(at, little); entry++) {
    const start = at + 2 + entry * 12;
    const tag = view.getUint16(start, little);
    const set = (value: number) =>
      view.getUint16(start + 2, little) === SHORT
        ? view.setUint16(start + 8, Math.min(value, 0xffff), little)
        : view.setUint32(start + 8, value, little);
    if (tag === TAG.orientation) set(1);
    if (tag === TAG.width) set(change.width);
    if (tag === TAG.height) set(change.height);
    if (tag === TAG.exifIfd) sub = view.getUint32(start + 8, little);
  }
  return sub;
}
