/** The table of a measurement. */
import { STRENGTHS } from "./corruptions/corruption.ts";
import type { Measurement, Scores } from "./measure.ts";

/**
 * Lines of Markdown: a row a corruption, the means of a family above its members, per cent.
 *
 * @param measurement What was measured.
 * @returns The lines.
 */
export function robustnessTable(measurement: Measurement): string[] {
  const { model, measure, truth, pictures, side, seed, clean, families, all } = measurement;
  const against = truth === "given labels"
    ? `against the given labels; clean pictures ${percent(clean)} %`
    : "against the model's own answers to the clean pictures, no labels";
  return [
    `${model}: ${measure} in per cent ${against}; ${pictures} pictures, shorter side at most ${side}, ` +
    `seed ${seed}`,
    "",
    `| | ${STRENGTHS.join(" | ")} | mean | drop |`,
    `| --- |${" --- |".repeat(STRENGTHS.length + 2)}`,
    ...families.flatMap((family) => [
      row(family, `**${family.name}**`),
      ...family.corruptions.map((corruption) => row(corruption, corruption.name)),
    ]),
    row(all, "**all**"),
  ];
}

function row({ byStrength, mean, drop }: Scores, title: string): string {
  return `| ${[title, ...[...byStrength, mean, drop].map(percent)].join(" | ")} |`;
}

function percent(share: number): string {
  return (100 * share).toFixed(1);
}
