import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));

/** Runs a script that needs no GPU to read its arguments. */
async function run(script: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--allow-read", `scripts/${script}`, ...args],
    cwd: root,
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

Deno.test("scripts say with --help how they are called", async () => {
  const { code, out } = await run("bench.ts", "--help");
  assert.match(out, /^usage: deno task bench \[PART OF A NAME\.\.\.\] \[--rounds 7\]/);
  assert.equal(code, 0);
});

Deno.test("what a script does not take ends it with status 2, a reason and its usage", async () => {
  const wrong: readonly [args: readonly string[], reason: RegExp][] = [
    [["--nonsense"], /Cannot read the arguments: Unknown option '--nonsense'\.\n\nusage: /],
    [["--rounds"], /'--rounds <value>' argument missing/],
    [["--rounds", "few"], /--rounds is a whole number from 1 on, not "few"/],
  ];
  for (const [args, reason] of wrong) {
    const { code, out, err } = await run("bench.ts", ...args);
    assert.match(err, reason);
    assert.equal(out, "");
    assert.equal(code, 2);
  }
  const { code, err } = await run("bench_report.ts", "one", "two", "three");
  assert.match(err, /"three" is one word too many/);
  assert.equal(code, 2);
});

Deno.test("a bench that there is not is answered with those that there are", async () => {
  const { code, err } = await run("bench_networks.ts", "dinat", "nosuchname");
  assert.match(err, /nothing is called "nosuchname"; there are\n {2}dinat-mini 224x224\n/);
  assert.equal(code, 2);
});
