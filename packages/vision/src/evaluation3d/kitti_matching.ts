/** How KITTI's evaluation pairs things with found boxes. */

/** What a thing or a box is to a class: one of those that count, one of no matter, or another class. */
export type Role = "counts" | "neutral" | "other";

/** A frame as a class at a difficulty sees it. */
export interface PreparedFrame {
  /** Role of each thing. */
  readonly truth: readonly Role[];
  /** Role of each found box. */
  readonly found: readonly Role[];
  /** Score of each found box. */
  readonly scores: readonly number[];
  /** For each found box its overlap with each thing. */
  readonly overlaps: readonly (readonly number[])[];
  /** For each region without labels how much of each found box lies in it. */
  readonly dontCare: readonly (readonly number[])[];
}

/**
 * Gives every thing the surest box that is left and overlaps enough.
 *
 * @param frame The frame.
 * @param overlap Overlap above which a box may stand for a thing.
 * @returns Scores of the boxes that count and stand for things that count.
 */
export function matchedScores(frame: PreparedFrame, overlap: number): number[] {
  const taken = new Set<number>();
  return frame.truth.flatMap((role, thing) => {
    if (role === "other") return [];
    let best: number | undefined;
    for (const box of candidates(frame, thing, overlap, taken)) {
      if (best === undefined || (frame.scores[box] ?? 0) > (frame.scores[best] ?? 0)) best = box;
    }
    if (best === undefined) return [];
    taken.add(best);
    const counts = role === "counts" && frame.found[best] === "counts";
    return counts ? [frame.scores[best] ?? 0] : [];
  });
}

/**
 * Gives every thing the box with the largest overlap among those that are sure enough; boxes of no
 * matter only where there is no other.
 *
 * @param frame The frame.
 * @param overlap Overlap above which a box may stand for a thing.
 * @param threshold Boxes with a lower score are left out.
 * @returns Boxes that stand for a thing, and boxes that stand for nothing.
 */
export function matchAtScore(
  frame: PreparedFrame,
  overlap: number,
  threshold: number,
): { readonly right: number; readonly wrong: number } {
  const { truth, found, scores, overlaps, dontCare } = frame;
  const sure = (box: number) => (scores[box] ?? 0) >= threshold;
  const taken = new Set<number>();
  let right = 0;
  for (const [thing, role] of truth.entries()) {
    if (role === "other") continue;
    const near = candidates(frame, thing, overlap, taken).filter(sure);
    const counting = near.filter((box) => found[box] === "counts");
    const [first] = counting;
    const best = first === undefined ? near[0] : counting.reduce(
      (best, box) => (overlaps[box]?.[thing] ?? 0) > (overlaps[best]?.[thing] ?? 0) ? box : best,
      first,
    );
    if (best === undefined) continue;
    taken.add(best);
    if (role === "counts" && found[best] === "counts") right++;
  }
  const unmatched = found.flatMap((role, box) =>
    role === "counts" && !taken.has(box) && sure(box) ? [box] : []
  );
  const excused = unmatched.filter((box) =>
    dontCare.some((region) => (region[box] ?? 0) > overlap)
  );
  return { right, wrong: unmatched.length - excused.length };
}

/** Boxes of the class, or of no matter, that are left and overlap enough with a thing. */
function candidates(
  { found, overlaps }: PreparedFrame,
  thing: number,
  overlap: number,
  taken: ReadonlySet<number>,
): number[] {
  return found.flatMap((role, box) =>
    role !== "other" && !taken.has(box) && (overlaps[box]?.[thing] ?? 0) > overlap ? [box] : []
  );
}
