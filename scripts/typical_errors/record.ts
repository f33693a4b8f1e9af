/**
 * Loaded before test files (`deno test --preload`): records the largest error of each kind of comparison
 * for the adapter that is here, in place of what was recorded of the file.
 *
 * @module
 */
import { watchErrors } from "@vicinity/tensor/testing";
import { kindOf, readRecords, recordFile, testFile } from "./records.ts";

const file = await recordFile();
const largest: Record<string, number> = {};
watchErrors((name, error) => {
  const kind = kindOf(name);
  largest[kind] = Math.max(largest[kind] ?? 0, Number(error.toPrecision(2)));
  return undefined;
});

function sorted<Value>(table: Record<string, Value>): Record<string, Value> {
  return Object.fromEntries(Object.entries(table).sort(([a], [b]) => a < b ? -1 : 1));
}

addEventListener("unload", () => {
  if (!file || Object.keys(largest).length === 0) return;
  const records = sorted({ ...readRecords(file), [testFile()]: sorted(largest) });
  Deno.mkdirSync(new URL(".", file.url), { recursive: true });
  Deno.writeTextFileSync(file.url, `${JSON.stringify(records, null, 2)}\n`);
});
