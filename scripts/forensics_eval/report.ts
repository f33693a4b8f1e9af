/** The tables of an evaluation. */
import { type Example, UNTOUCHED } from "./examples.ts";
import {
  type ClipScore,
  interval,
  mean,
  percentile,
  pictureAuc,
  type PictureScore,
  THRESHOLDS,
} from "./score.ts";

/** A picture and its measures. */
export interface PictureResult {
  readonly example: Example;
  readonly score: PictureScore;
}

/** A clip, its measures with its frames looked at together, and one by one. */
export interface ClipResult {
  readonly example: Example;
  readonly together: ClipScore;
  readonly alone: ClipScore;
}

const FIGURES = ["f1", "iou", "ap", "auc"] as const;
/** Parts of equal size that manipulated pictures are put in by the area of the manipulation. */
const PARTS = 5;

/**
 * Tables of pictures: manipulated ones by kind and by area, then untouched ones.
 *
 * @param results All pictures.
 * @param threshold The fixed threshold.
 * @returns Lines of Markdown.
 */
export function pictureTables(results: readonly PictureResult[], threshold: number): string[] {
  const untouched = results.filter(({ example }) => isUntouched(example));
  const manipulated = results.filter(({ example }) => !isUntouched(example));
  return [
    ...(manipulated.length > 0 ? manipulatedTable(manipulated, threshold) : []),
    ...(untouched.length > 0 ? untouchedLines(untouched, threshold) : []),
    ...(untouched.length > 0 && manipulated.length > 0
      ? [
        `Pictures by their score: AUC ${
          pictureAuc(scoresOf(manipulated), scoresOf(untouched)).toFixed(3)
        }`,
      ]
      : []),
  ];
}

function isUntouched({ kind, mask }: Example): boolean {
  return mask === undefined || kind === UNTOUCHED;
}

const scoresOf = (results: readonly PictureResult[]) => results.map(({ score }) => score.score);

function manipulatedTable(results: readonly PictureResult[], threshold: number): string[] {
  const kinds = [...new Set(results.map(({ example }) => example.kind))].sort();
  const sorted = results.toSorted((a, b) => a.score.area - b.score.area);
  const parts = Array.from(
    { length: Math.min(PARTS, sorted.length) },
    (_, part) =>
      sorted.slice(
        Math.floor(part * sorted.length / PARTS),
        Math.floor((part + 1) * sorted.length / PARTS),
      ),
  ).filter((part) => part.length > 0);
  return [
    `Manipulated pictures, threshold ${threshold}:`,
    "",
    "| | pictures | F1 | 95 % | IoU | AP | AUC | best F1 |",
    "| --- | --- | --- | --- | --- | --- | --- | --- |",
    rowOf("all", results),
    ...(kinds.length > 1
      ? kinds.map((kind) => rowOf(kind, results.filter(({ example }) => example.kind === kind)))
      : []),
    ...parts.map((part) => rowOf(areaOf(part), part)),
    "",
    commonThreshold(results),
  ];
}

function areaOf(part: readonly PictureResult[]): string {
  const areas = part.map(({ score }) => 100 * score.area);
  return `area ${Math.min(...areas).toFixed(2)} to ${Math.max(...areas).toFixed(2)} %`;
}

function rowOf(name: string, results: readonly PictureResult[]): string {
  const of = (figure: typeof FIGURES[number] | "bestF1") =>
    results.map(({ score }) => score[figure]);
  const [low, high] = interval(of("f1"), results.map(({ example }) => example.photograph));
  const [f1 = "", ...others] = FIGURES.map((figure) => mean(of(figure)).toFixed(3));
  const range = `${low.toFixed(3)} to ${high.toFixed(3)}`;
  const best = mean(of("bestF1")).toFixed(3);
  return `| ${[name, results.length, f1, range, ...others, best].join(" | ")} |`;
}

/** The one threshold that is best for all pictures together. */
function commonThreshold(results: readonly PictureResult[]): string {
  const means = THRESHOLDS.map((_, at) => mean(results.map(({ score }) => score.f1At[at] ?? 0)));
  const best = means.indexOf(Math.max(...means));
  return `Best common threshold ${THRESHOLDS[best]?.toFixed(2)}: F1 ${means[best]?.toFixed(3)}`;
}

function untouchedLines(results: readonly PictureResult[], threshold: number): string[] {
  const flagged = results.map(({ score }) => score.flagged);
  const alarms = results.filter(({ score }) => score.alarmed).length;
  const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
  return [
    `Untouched pictures, ${results.length}: above ${threshold} are ${percent(mean(flagged))} of ` +
    `the area on the mean, ${
      percent(percentile(flagged, 0.95))
    } at the 95th percentile; a region ` +
    `of over 0.05 % of the area in ${percent(alarms / results.length)} of the pictures`,
  ];
}

/**
 * The table of clips.
 *
 * @param results All clips.
 * @returns Lines of Markdown.
 */
export function clipTable(results: readonly ClipResult[]): string[] {
  if (results.length === 0) return [];
  const row = (name: string, rows: readonly Omit<ClipResult, "example">[]) =>
    `| ${
      [
        name,
        mean(rows.map(({ together }) => together.f1)).toFixed(3),
        mean(rows.map(({ alone }) => alone.f1)).toFixed(3),
        mean(rows.map(({ together }) => together.flicker)).toFixed(4),
        mean(rows.map(({ alone }) => alone.flicker)).toFixed(4),
      ].join(" | ")
    } |`;
  const kinds = [...new Set(results.map(({ example }) => example.kind))].sort();
  return [
    "| clips | F1, clips | F1, single frames | flicker, clips | flicker, single frames |",
    "| --- | --- | --- | --- | --- |",
    ...kinds.map((kind) => row(kind, results.filter(({ example }) => example.kind === kind))),
    row(`all ${results.length}`, results),
  ];
}
