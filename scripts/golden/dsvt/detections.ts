/** Boxes of a case beside those that the project's code finds, in any order. */
import type { ScoredBox3d } from "@vicinity/vision";
import type { GoldenCase } from "../golden_case.ts";
import type { Produced } from "../runner.ts";
import type { Tolerance } from "../tolerance.ts";

/** A stored box: x, y, z, length, width, height, heading, and perhaps velocity. */
interface StoredBox {
  readonly values: readonly number[];
  readonly score: number;
  readonly classId: number;
}

/** Column of the heading. */
const HEADING = 6;

/**
 * Pairs every stored box with the nearest found one of its class and gives the found ones in the
 * order of the stored ones; those left over come last, so that counts are compared too.
 *
 * @param golden The case.
 * @param found What was found in a scan.
 * @param names Names of the stored boxes, scores and labels of that scan.
 * @param tolerance Of boxes and scores.
 * @returns What is compared.
 */
export async function* comparedDetections(
  golden: GoldenCase,
  found: readonly ScoredBox3d[],
  names: { readonly boxes: string; readonly scores: string; readonly labels: string },
  tolerance: Tolerance,
): AsyncGenerator<Produced> {
  const { shape, values } = await golden.tensor(names.boxes);
  const width = shape[1] ?? 0;
  const scores = (await golden.tensor(names.scores)).values;
  const labels = (await golden.tensor(names.labels)).values;
  const stored = Array.from(labels, (label, index): StoredBox => ({
    values: [...values.slice(width * index, width * (index + 1))],
    score: scores[index] ?? NaN,
    classId: label - 1,
  }));
  const rows = paired(stored, found.map((box) => rowOf(box, width)));
  yield { name: names.boxes, values: rows.flatMap(({ values }) => values), tolerance };
  yield { name: names.scores, values: rows.map(({ score }) => score), tolerance };
  yield { name: names.labels, values: rows.map(({ classId }) => classId + 1) };
}

function rowOf(
  { center, size, heading, velocity, ...rest }: ScoredBox3d,
  width: number,
): StoredBox {
  return { ...rest, values: [...center, ...size, heading, ...velocity ?? []].slice(0, width) };
}

function paired(stored: readonly StoredBox[], found: readonly StoredBox[]): StoredBox[] {
  const left = new Set(found);
  const partners = stored.map((box): StoredBox => {
    const own = [...left].filter(({ classId }) => classId === box.classId)
      .map((candidate) => turnedLike(candidate, box));
    const [first] = own;
    const absent = { ...box, values: box.values.map(() => NaN), score: NaN };
    if (!first) return absent;
    const nearest = own.reduce(
      (best, next) => distance(next.turned, box) < distance(best.turned, box) ? next : best,
      first,
    );
    left.delete(nearest.candidate);
    return nearest.turned;
  });
  return [...partners, ...left];
}

/** The same box with the heading written as that of another one, full turns away. */
function turnedLike(candidate: StoredBox, { values }: StoredBox) {
  const own = candidate.values[HEADING] ?? NaN;
  const turns = Math.round(((values[HEADING] ?? NaN) - own) / (2 * Math.PI));
  const turned = candidate.values.with(HEADING, own + 2 * Math.PI * turns);
  return { candidate, turned: { ...candidate, values: turned } };
}

function distance(a: StoredBox, b: StoredBox): number {
  return a.values.reduce(
    (largest, value, at) => Math.max(largest, Math.abs(value - (b.values[at] ?? NaN))),
    Math.abs(a.score - b.score),
  );
}
