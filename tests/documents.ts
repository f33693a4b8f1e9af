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

const OUTPUT = v.strictObject({ product: v.string(), path: v.string(), bytes: COUNT });
const STATUS = v.picklist(["done", "planned", "skipped", "failed", "not run"]);
const WARNINGS = v.array(v.strictObject({ code: v.string(), message: v.string() }));
const ERROR = v.nullable(v.strictObject({
  code: v.string(),
  message: v.string(),
  hint: TEXT_OR_NULL,
  file: TEXT_OR_NULL,
}));

const TOOL = {
  schema: v.literal(1),
  tool: v.strictObject({ name: v.literal("vicinity"), version: v.string() }),
};

const MODEL = v.nullable(v.strictObject({
  id: v.string(),
  weights: v.string(),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  dtype: v.string(),
}));

const DEVICE = v.nullable(v.strictObject({
  adapter: v.string(),
  backend: TEXT_OR_NULL,
  fallback: v.boolean(),
  maxDispatchMs: v.number(),
}));

const DOCUMENT = v.strictObject({
  ...TOOL,
  model: MODEL,
  device: DEVICE,
  input: v.looseObject({ path: v.string() }),
  task: v.picklist(TASKS),
  status: STATUS,
  result: v.nullable(v.record(v.string(), v.unknown())),
  outputs: v.array(OUTPUT),
  timing: TIMING,
  warnings: WARNINGS,
  error: ERROR,
});

const RUN_DOCUMENT = v.strictObject({
  ...TOOL,
  versions: v.strictObject({ deno: v.string(), ffmpeg: TEXT_OR_NULL }),
  command: v.string(),
  arguments: v.array(v.string()),
  model: MODEL,
  device: DEVICE,
  seed: v.optional(COUNT),
  inputs: v.array(v.strictObject({
    input: v.string(),
    status: STATUS,
    outputs: v.array(OUTPUT),
    timing: TIMING,
    warnings: WARNINGS,
    error: ERROR,
  })),
  outputs: v.optional(v.array(OUTPUT)),
  result: v.optional(v.record(v.string(), v.unknown())),
});

/**
 * Reads the document of an input and holds it against its schema: these keys in this order, and no others.
 *
 * @param text The JSON.
 * @returns What the caller says that it is.
 */
export function readDocument<T>(text: string): T {
  return readBySchema(DOCUMENT, text) as T;
}

/**
 * Reads `run.json` in the same way.
 *
 * @param text The JSON.
 * @returns The record of a run.
 */
export function readRunDocument(text: string): v.InferOutput<typeof RUN_DOCUMENT> {
  return readBySchema(RUN_DOCUMENT, text);
}

function readBySchema<Schema extends v.GenericSchema>(
  schema: Schema,
  text: string,
): v.InferOutput<Schema> {
  const document: unknown = JSON.parse(text);
  const parsed = v.safeParse(schema, document);
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
  return parsed.output;
}
