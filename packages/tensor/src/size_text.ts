const UNITS = ["KiB", "MiB", "GiB"] as const;

/**
 * Writes a number of bytes for people.
 *
 * @param bytes The number.
 * @returns Such as `0.4 KiB`, `128.0 MiB`, `2.3 GiB`.
 */
export function sizeText(bytes: number): string {
  const place = Math.max(0, UNITS.findLastIndex((_, index) => bytes >= 1024 ** (index + 1)));
  return `${(bytes / 1024 ** (place + 1)).toFixed(1)} ${UNITS[place]}`;
}
