import { VERSION } from "@vicinity/cli";
import type { Finding } from "./finding.ts";

const MARKS = { fine: "ok     ", note: "note   ", problem: "PROBLEM" } as const;
const EXIT_CODES = { everything: 1, gpu: 6, media: 8 } as const;

/**
 * The findings for people.
 *
 * @param findings What was found.
 * @returns Lines that end in a line break.
 */
export function reportText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.flatMap(({ state, subject, found, remedy }) => {
    const line = `${MARKS[state]}  ${subject.padEnd(width)}  ${found}`;
    return remedy === undefined ? [line] : [line, `${" ".repeat(width + 11)}-> ${remedy}`];
  });
  const problems = findings.filter(({ state }) => state === "problem").length;
  const verdict = problems === 0
    ? "everything that is needed is here"
    : `${problems} ${problems === 1 ? "problem" : "problems"}, see above`;
  return `vicinity ${VERSION}\n${lines.join("\n")}\n${verdict}\n`;
}

/**
 * The findings for programs.
 *
 * @param findings What was found.
 * @returns An object to be printed as JSON.
 */
export function reportDocument(findings: readonly Finding[]): Readonly<Record<string, unknown>> {
  return {
    schema: 1,
    tool: { name: "vicinity", version: VERSION },
    ok: exitCodeOf(findings) === 0,
    findings: findings.map(({ subject, state, found, remedy, details }) => ({
      subject,
      state,
      found,
      remedy: remedy ?? null,
      details: details ?? {},
    })),
  };
}

/**
 * The exit code that findings give.
 *
 * @param findings What was found.
 * @returns 0 without a problem, else 1, 6 for the GPU or 8 for ffmpeg and pictures.
 */
export function exitCodeOf(findings: readonly Finding[]): number {
  const stopped = findings.flatMap(({ state, stops }) => state === "problem" ? [stops] : []);
  const worst = (["everything", "gpu", "media"] as const).find((part) => stopped.includes(part));
  return worst === undefined ? 0 : EXIT_CODES[worst];
}
