import assert from "node:assert/strict";
import { runBatch } from "./batch.ts";
import { CliError } from "./errors.ts";
import type { Job } from "./outputs.ts";
import { errorLines, exitCodeOf, type ItemRecord } from "./report.ts";
import type { Hints } from "./to_cli_error.ts";

function jobs(...names: string[]): Job[] {
  return names.map((name) => ({
    input: { path: `/in/${name}`, shown: name, subfolder: "" },
    targets: ["-"],
  }));
}

async function run(
  names: string[],
  fail: (name: string) => CliError | undefined,
  options: { failFast?: boolean; controller?: AbortController } = {},
): Promise<readonly ItemRecord[]> {
  return await runBatch(jobs(...names), {
    check: ({ input }) => Promise.resolve(input.shown === "there" ? "skip" : "write"),
    prepare: ({ input }) => Promise.resolve(input.shown),
    run: (_job, name) => {
      const error = fail(name);
      if (name === "stop") options.controller?.abort(new CliError("INTERRUPTED", "stopped"));
      return error === undefined
        ? Promise.resolve({ input: {}, result: name, files: [] })
        : Promise.reject(error);
    },
  }, {
    signal: (options.controller ?? new AbortController()).signal,
    failFast: options.failFast ?? false,
    onRecord: () => Promise.resolve(),
  });
}

const states = (records: readonly ItemRecord[]) => records.map(({ status }) => status);
const unreadable = (name: string) =>
  name.startsWith("bad") ? new CliError("NOT_AN_IMAGE", "not an image") : undefined;

Deno.test("a batch goes on after a bad input and says so by its exit code", async () => {
  const records = await run(["a", "bad", "there", "b"], unreadable);
  assert.deepEqual(states(records), ["done", "failed", "skipped", "done"]);
  assert.equal(exitCodeOf(records), 3);
  assert.equal(records[1]?.error?.file, "bad");
});

Deno.test("a batch whose inputs all fail alike has the exit code of that failure", async () => {
  assert.equal(exitCodeOf(await run(["bad1", "bad2"], unreadable)), 4);
  assert.equal(exitCodeOf(await run(["a"], unreadable)), 0);
});

Deno.test("a failure that hits every input ends the batch", async () => {
  const records = await run(["a", "b"], () => new CliError("GPU_NONE", "no adapter"));
  assert.deepEqual(states(records), ["failed", "not run"]);
  assert.equal(exitCodeOf(records), 6);
});

Deno.test("the first failure ends the batch when that is wanted", async () => {
  const records = await run(["bad", "b"], unreadable, { failFast: true });
  assert.deepEqual(states(records), ["failed", "not run"]);
});

Deno.test("an interrupted batch keeps what is done and leaves the rest", async () => {
  const records = await run(["a", "stop", "b", "c"], () => undefined, {
    controller: new AbortController(),
  });
  assert.deepEqual(states(records), ["done", "done", "failed", "not run"]);
  assert.equal(exitCodeOf(records), 130);
});

Deno.test("a command's own next step stands in place of the one for all commands", async () => {
  const oom = new Error("Cannot allocate 1 byte of GPU memory.");
  Object.assign(oom, { code: "GPU_OOM" });
  const hintOf = async (hints?: Hints) => {
    const records = await runBatch(jobs("a"), {
      check: () => Promise.resolve("write"),
      prepare: () => Promise.resolve({}),
      run: () => Promise.reject(oom),
    }, {
      ...{ signal: new AbortController().signal, failFast: false, hints },
      onRecord: () => Promise.resolve(),
    });
    return records[0]?.error?.hint;
  };
  assert.equal(await hintOf({ GPU_OOM: "give a smaller --tile" }), "give a smaller --tile");
  assert.match(await hintOf() ?? "", /^raise --max-memory/);
});

Deno.test("an error is shown with its code, file and hint", () => {
  const error = new CliError("INPUT_EMPTY", "file is empty", { file: "a.png", hint: "look" });
  assert.deepEqual(errorLines(error), [
    "error[INPUT_EMPTY]: file is empty",
    "  file: a.png",
    "  hint: look",
  ]);
});
