/** What is left of a model's answers when its pictures are corrupted. */
import { type Family, type Strength, STRENGTHS } from "./corruptions/corruption.ts";
import { randomOf } from "./corruptions/random.ts";
import type { Example } from "./examples.ts";
import { Confusion } from "./score.ts";
import type { Subject } from "./subjects.ts";

/** What answers are compared with. */
export type Truth = "given labels" | "clean answers";

/** Scores from 0 to 1. */
export interface Scores {
  /** What was done to the pictures. */
  readonly name: string;
  /** At each strength. */
  readonly byStrength: readonly number[];
  /** Of all strengths. */
  readonly mean: number;
  /** How much less than with clean pictures. */
  readonly drop: number;
}

/** Scores of a family, means over its members, and those of each. */
export interface FamilyScores extends Scores {
  readonly corruptions: readonly Scores[];
}

/** What was measured of a model. */
export interface Measurement {
  /** Its name. */
  readonly model: string;
  /** Share of pictures, or mean intersection over union of the classes over all pictures. */
  readonly measure: "top-1" | "mean IoU";
  readonly truth: Truth;
  /** How many. */
  readonly pictures: number;
  /** Larger pictures were reduced to this shorter side. */
  readonly side: number;
  readonly seed: number;
  /** Score of the pictures as they are; 1 where clean answers are the truth. */
  readonly clean: number;
  readonly families: readonly FamilyScores[];
  /** Means over all corruptions. */
  readonly all: Scores;
}

/** What is measured. */
export interface MeasureRequest {
  readonly subject: Subject;
  readonly examples: readonly Example[];
  readonly families: readonly Family[];
  /** Other numbers give other noise. */
  readonly seed: number;
  /** Called after each picture. */
  readonly onPicture?: (done: number) => void;
}

/**
 * Measures a model. Answers are compared with the given labels where all pictures have some, else with
 * the model's own answers to the clean pictures.
 *
 * @param request Model, pictures, corruptions.
 * @returns Scores of each corruption and strength.
 */
export async function measure(request: MeasureRequest): Promise<Measurement> {
  const { subject, examples, families, seed, onPicture } = request;
  const truth: Truth = examples.every(({ labelled }) => labelled)
    ? "given labels"
    : "clean answers";
  const count = () => new Confusion(subject.classes.length);
  const clean = count();
  const counts = new Map(
    families.flatMap(({ corruptions }) => corruptions)
      .map((corruption) => [corruption, STRENGTHS.map(count)]),
  );
  for (const [index, example] of examples.entries()) {
    const { picture, truth: given } = await example.read(subject.side);
    const answer = await subject.answer(picture);
    const expected = truth === "given labels" ? given ?? answer : answer;
    clean.add(expected, answer);
    for (const [corruption, confusions] of counts) {
      for (const strength of STRENGTHS) {
        const random = randomOf(`${seed}:${example.name}:${corruption.name}:${strength}`);
        const corrupted = await corruption.apply(picture, strength, random);
        confusions[strength - 1]?.add(
          moved(expected, corrupted.origins),
          await subject.answer(corrupted),
        );
      }
    }
    onPicture?.(index + 1);
  }
  const scoreOf = (confusion: Confusion) =>
    subject.task === "classify" ? confusion.accuracy : confusion.meanIou;
  const base = scoreOf(clean);
  const scored = families.map(({ name, corruptions }): FamilyScores => {
    const each = corruptions.map((corruption) =>
      summed(corruption.name, (counts.get(corruption) ?? []).map(scoreOf), base)
    );
    return { ...averaged(name, each, base), corruptions: each };
  });
  return {
    model: subject.id,
    measure: subject.task === "classify" ? "top-1" : "mean IoU",
    truth,
    pictures: examples.length,
    side: subject.side,
    seed,
    clean: base,
    families: scored,
    all: averaged("all", scored.flatMap(({ corruptions }) => corruptions), base),
  };
}

/** Classes of pixels move with the pixels; the class of a picture stays. */
function moved(truth: Uint32Array, origins: Uint32Array | undefined): Uint32Array {
  if (origins?.length !== truth.length) return truth;
  return origins.map((origin) => truth[origin] ?? 0);
}

function summed(name: string, byStrength: readonly number[], clean: number): Scores {
  const mean = byStrength.reduce((sum, score) => sum + score, 0) / byStrength.length;
  return { name, byStrength, mean, drop: clean - mean };
}

function averaged(name: string, each: readonly Scores[], clean: number): Scores {
  const at = (strength: Strength) =>
    each.reduce((sum, { byStrength }) => sum + (byStrength[strength - 1] ?? 0), 0) / each.length;
  return summed(name, STRENGTHS.map(at), clean);
}
