/** Golden files as tests of a page. */
import { open } from "@vicinity/tensor";
import { evaluate } from "../golden/evaluate.ts";
import { tests } from "./deno_in_page.ts";

/**
 * Registers a test for each golden file.
 *
 * @param files Paths from the project's root.
 */
export function registerGolden(files: readonly string[]): void {
  for (const file of files) {
    tests.push({
      name: `golden ${file}`,
      async run() {
        using gpu = await open();
        const verdicts = await Array.fromAsync(evaluate(file, { gpu: () => Promise.resolve(gpu) }));
        const wrong = verdicts.filter(({ ok }) => !ok);
        if (verdicts.length === 0 || wrong.length > 0) {
          throw new Error(`${verdicts.length} outputs, of which wrong: ${JSON.stringify(wrong)}`);
        }
      },
    });
  }
}
