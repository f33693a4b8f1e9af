const MIB = 2 ** 20;
const GIB = 2 ** 30;

/**
 * Writes a number of bytes for people.
 *
 * @param bytes The number.
 * @returns Such as `0.4 MiB`, `512.0 MiB`, `2.3 GiB`.
 */
export function sizeText(bytes: number): string {
  return bytes < GIB ? `${(bytes / MIB).toFixed(1)} MiB` : `${(bytes / GIB).toFixed(1)} GiB`;
}
