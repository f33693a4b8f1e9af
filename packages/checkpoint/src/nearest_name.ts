/**
 * Finds the known name nearest to a mistyped one.
 *
 * @param word What the user wrote.
 * @param names The names that exist.
 * @returns The nearest name when it is near enough to be meant (at most a third of its letters differ).
 *
 * @example
 * ```ts
 * import { nearestName } from "@vicinity/checkpoint";
 * import assert from "node:assert/strict";
 *
 * assert.equal(nearestName("--scael", ["--scale", "--seed"]), "--scale");
 * assert.equal(nearestName("--volume", ["--scale", "--seed"]), undefined);
 * ```
 */
export function nearestName(word: string, names: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const name of names) {
    const distance = editDistance(word.toLowerCase(), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  const allowed = best === undefined ? 0 : Math.max(1, Math.floor(best.length / 3));
  return bestDistance <= allowed ? best : undefined;
}

/** Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`. */
function editDistance(a: string, b: string): number {
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(
        (above[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (above[j - 1] ?? 0) + change,
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      row.push(cost);
    }
    [before, above] = [above, row];
  }
  return above[b.length] ?? 0;
}
