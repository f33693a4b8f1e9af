/** Runs what is registered and reports each test to whoever drives the page. */
import { tests } from "./deno_in_page.ts";

/** How a test ended. */
export interface PageResult {
  readonly name: string;
  readonly milliseconds: number;
  /** Absent when it passed. */
  readonly error?: string;
}

/**
 * Runs registered tests one after another.
 *
 * @param text Only tests that have it in their names run.
 * @param report Told after each test.
 */
export async function runAll(
  text: string,
  report: (result: PageResult) => Promise<void>,
): Promise<void> {
  for (const { name, run } of tests.filter((test) => test.name.includes(text))) {
    const start = performance.now();
    const error = await failureOf(run);
    const milliseconds = Math.round(performance.now() - start);
    await report(error === undefined ? { name, milliseconds } : { name, milliseconds, error });
  }
}

async function failureOf(run: (typeof tests)[number]["run"]): Promise<string | undefined> {
  try {
    await run({
      async step(_name, body) {
        await body();
        return true;
      },
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.stack ?? error.message : String(error);
  }
}
