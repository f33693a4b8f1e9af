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

const written = (result: string) => ({
  write: () => Promise.resolve({ input: {}, result, files: [] }),
});

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
      return error === undefined ? Promise.resolve(written(name)) : Promise.reject(error);
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

/** A run whose steps take a turn of the event loop each, told one by one. */
async function follow(
  names: string[],
  options: {
    readonly failWrite?: Readonly<Record<string, CliError>>;
    readonly alone?: string;
    readonly failFast?: boolean;
    readonly controller?: AbortController;
    readonly stopWhen?: string;
  } = {},
) {
  const { failWrite = {}, alone, failFast = false, controller = new AbortController() } = options;
  const said: string[] = [];
  const say = (step: string) => {
    said.push(step);
    if (step === options.stopWhen) controller.abort(new CliError("INTERRUPTED", "stopped"));
  };
  const during = async (step: string, name: string, turns: number, signal?: AbortSignal) => {
    say(`${step} ${name}`);
    for (let turn = 0; turn < turns; turn++) await new Promise((done) => setTimeout(done));
    signal?.throwIfAborted();
    say(`${step} ${name} ends`);
  };
  const records = await runBatch(jobs(...names), {
    check: () => Promise.resolve("write"),
    prepare: ({ input }) => Promise.resolve(input.shown),
    run: async (_job, name, { signal }) => {
      await during("run", name, 2, signal);
      return {
        isAlone: name === alone,
        write: async () => {
          await during("write", name, 1);
          if (failWrite[name] !== undefined) throw failWrite[name];
          return { input: {}, result: name, files: [] };
        },
      };
    },
  }, {
    signal: controller.signal,
    failFast,
    onRecord: ({ input }) => Promise.resolve(say(`record ${input}`)),
  });
  return { records, said };
}

Deno.test("while an input is worked on, the one before it is written", async () => {
  const { said } = await follow(["a", "b"]);
  // deno-fmt-ignore
  assert.deepEqual(said, [
    "run a", "run a ends", "write a", "run b", "write a ends", "record a", "run b ends",
    "write b", "write b ends", "record b",
  ]);
});

Deno.test("what is large is written before the next input is worked on", async () => {
  const { said } = await follow(["a", "b"], { alone: "a" });
  assert.deepEqual(said.slice(2, 6), ["write a", "write a ends", "record a", "run b"]);
});

Deno.test("a result that cannot be written costs no other input", async () => {
  const failWrite = { a: new CliError("OUTPUT_DENIED", "cannot write") };
  const { records } = await follow(["a", "b", "c"], { failWrite });
  assert.deepEqual(states(records), ["failed", "done", "done"]);
  assert.equal(records[0]?.error?.file, "a");
});

Deno.test("a failure to write that ends the batch stops the input that is worked on", async () => {
  for (const [code, failFast] of [["OUTPUT_NOSPACE", false], ["OUTPUT_DENIED", true]] as const) {
    const failWrite = { a: new CliError(code, "cannot write") };
    const { records, said } = await follow(["a", "b", "c"], { failWrite, failFast });
    assert.deepEqual(states(records), ["failed", "not run", "not run"]);
    assert.ok(said.includes("run b") && !said.includes("run b ends"), said.join());
  }
});

Deno.test("a run that is stopped keeps what it is writing", async () => {
  const { records } = await follow(["a", "b", "c"], { stopWhen: "write a" });
  assert.deepEqual(states(records), ["done", "failed", "not run"]);
  assert.equal(records[1]?.error?.code, "INTERRUPTED");
});

Deno.test("a record that nobody takes ends the batch", async () => {
  const closed = new CliError("STDOUT_CLOSED", "nobody reads");
  let begun = 0;
  const ended = runBatch(jobs("a", "b", "c", "d"), {
    check: () => Promise.resolve("write"),
    prepare: () => Promise.resolve(0),
    run: () => Promise.resolve(written(`${begun++}`)),
  }, {
    signal: new AbortController().signal,
    failFast: false,
    onRecord: () => Promise.reject(closed),
  });
  await assert.rejects(ended, closed);
  assert.ok(begun < 4, `${begun}`);
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
