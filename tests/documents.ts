/** The JSON that commands print of an input and write beside its results. */
import assert from "node:assert/strict";
import * as v from "valibot";

const COUNT = v.pipe(v.number(), v.integer(), v.minValue(0));
const TEXT_OR_NULL = v.nullable(v.string());
const TASKS = [
  ...["upscale", "semantic", "instance", "manipulation", "classify"],
  ...["detect", "detect2d", "detect3d"],
];

const TIMING = v.strictObject({
  loadMs: COUNT,
  warmupMs: COUNT,
  preMs: COUNT,
  gpuMs: COUNT,
  postMs: COUNT,
  totalMs: COUNT,
});

const DOCUMENT = v.strictObject({
  schema: v.literal(1),
  tool: v.strictObject({ name: v.literal("vicinity"), version: v.string() }),
  model: v.nullable(v.strictObject({
    id: v.string(),
    weights: v.string(),
    sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
    dtype: v.string(),
  })),
  device: v.nullable(v.strictObject({
    adapter: v.string(),
    backend: TEXT_OR_NULL,
    fallback: v.boolean(),
  })),
  input: v.looseObject({ path: v.string() }),
  task: v.picklist(TASKS),
  status: v.picklist(["done", "planned", "skipped", "failed", "not run"]),
  result: v.nullable(v.record(v.string(), v.unknown())),
  outputs: v.array(v.strictObject({ path: v.string(), bytes: COUNT })),
  timing: TIMING,
  warnings: v.array(v.strictObject({ code: v.string(), message: v.string() })),
  error: v.nullable(v.strictObject({
    code: v.string(),
    message: v.string(),
    hint: TEXT_OR_NULL,
    file: TEXT_OR_NULL,
  })),
});

/**
 * Reads the document of an input and holds it against its schema: these keys in this order, and no others.
 *
 * @param text The JSON.
 * @returns What the caller says that it is.
 */
export function readDocument<T>(text: string): T {
  const document: unknown = JSON.parse(text);
  const parsed = v.safeParse(DOCUMENT, document);
  assert.ok(
    parsed.success,
    JSON.stringify(
      parsed.issues?.map(({ message, path }) => ({
        message,
        path: path?.map(({ key }) => key).join("."),
      })),
    ),
  );
  // The schema does not see the order, and a file that is compared with an older one should not differ.
  assert.equal(JSON.stringify(parsed.output), JSON.stringify(document));
  return document as T;
}
