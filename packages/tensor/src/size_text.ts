const UNITS = ["KiB", "MiB", "GiB"] as const;

/**
 * Writes a number of bytes for people.
 *
 * @param bytes The number.
 * @returns Such as `0.4 KiB`, `0.9 MiB`, `2.3 GiB`.
 */
export function sizeText(bytes: number): string {
  // Nine tenths of a unit read better than hundreds of the one below.
  const place = Math.max(0, UNITS.findLastIndex((_, index) => bytes >= 1024 ** (index + 1) / 10));
  return `${(bytes / 1024 ** (place + 1)).toFixed(1)} ${UNITS[place]}`;
}
