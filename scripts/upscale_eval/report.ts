/** The tables of the model card. */
import type { Clip } from "./clips.ts";
import { meanScore, type Score } from "./score.ts";

/** What one method made of one clip. */
export interface Result {
  readonly scale: number;
  readonly clip: Clip;
  /** Heading of the method's column. */
  readonly method: string;
  readonly score: Score;
}

/** Row of the means over the detailed clips. */
const MEAN = "**mean of the detailed clips**";

/**
 * One Markdown table a scale, rows of clips and columns of methods, and the mean gains.
 *
 * @param results All results.
 * @param baseline Heading of the method that gains are counted from.
 * @returns Lines.
 */
export function markdown(results: readonly Result[], baseline: string): string[] {
  return unique(results.map(({ scale }) => scale)).flatMap((scale) => {
    const here = results.filter((result) => result.scale === scale);
    const methods = unique(here.map(({ method }) => method));
    const rows = unique(here.map(({ clip }) => clip.name)).map((name) =>
      rowOf(
        name,
        methods,
        (method) =>
          here.find((result) => result.method === method && result.clip.name === name)?.score,
      )
    );
    const means = new Map(methods.map((method) => [method, detailedMean(here, method)]));
    const mean = rowOf(MEAN, methods, (method) => means.get(method));
    const gains = methods.filter((method) => method !== baseline).map((method) =>
      `${method} ${signed((means.get(method)?.psnr ?? NaN) - (means.get(baseline)?.psnr ?? NaN))}`
    );
    return [
      `×${scale}, PSNR-RGB in dB / SSIM / GMSD:`,
      "",
      `| clip | ${methods.join(" | ")} |`,
      `|---|${methods.map(() => "---|").join("")}`,
      ...rows,
      mean,
      "",
      `Mean PSNR against ${baseline}, dB: ${gains.join(", ")}.`,
      "",
    ];
  });
}

function rowOf(
  name: string,
  methods: readonly string[],
  scoreBy: (method: string) => Score | undefined,
): string {
  const cells = methods.map((method) => {
    const score = scoreBy(method);
    return score
      ? `${score.psnr.toFixed(2)} / ${score.ssim.toFixed(4)} / ${score.gmsd.toFixed(4)}`
      : "";
  });
  return `| ${name} | ${cells.join(" | ")} |`;
}

/** Mean of a method over the detailed clips, if it was run on them. */
function detailedMean(results: readonly Result[], method: string): Score | undefined {
  const scores = results
    .filter((result) => result.method === method && result.clip.kind === "detailed")
    .map(({ score }) => score);
  return scores.length > 0 ? meanScore(scores) : undefined;
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function unique<T>(values: readonly T[]): T[] {
  return [...new Set(values)];
}
