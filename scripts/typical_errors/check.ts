/**
 * Loaded before test files (`deno test --preload`): comparisons whose error is more than four times the
 * recorded one fail, however far below the tolerance it is. On an adapter without a record the
 * tolerances hold alone.
 *
 * @module
 */
import { watchErrors } from "@vicinity/tensor/testing";
import { kindOf, readRecords, recordFile, testFile } from "./records.ts";

const file = await recordFile();
const records = file && readRecords(file);
if (records) {
  const test = testFile();
  watchErrors((name) => {
    const usual = records[test]?.[kindOf(name)];
    if (usual !== undefined) return usual;
    throw new Error(
      `Cannot compare "${name}" with its usual error: ${file.path} has none. ` +
        `Run deno task record:errors ${test}.`,
    );
  });
}
