import { classNameOf, type FoundInScan, short } from "./found.ts";

/**
 * Boxes as lines for people and scripts: `class score x y z length width height yaw`, separated by tabs,
 * below a line of names.
 *
 * @param found The boxes.
 * @returns The file.
 */
export function boxLines(found: FoundInScan): string {
  const header = ["class", "score", "x", "y", "z", "length", "width", "height", "yaw"];
  const rows = found.boxes.map((box) => {
    const { score, center, size, heading } = box;
    const numbers = [score, ...center, ...size, heading].map((value) => String(short(value)));
    return [classNameOf(found, box), ...numbers];
  });
  return [header, ...rows].map((row) => `${row.join("\t")}\n`).join("");
}
