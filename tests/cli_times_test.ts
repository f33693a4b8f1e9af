import assert from "node:assert/strict";
import { join } from "node:path";
import { withCommand, writeClip, writePicture } from "./command_line.ts";
import { readDocument } from "./documents.ts";

interface Document {
  readonly device: { readonly backend: string; readonly fallback: boolean };
  readonly timing: Readonly<Record<string, number>>;
}

const STAGES = /^ {2}load \d+ ms, compile \d+ ms, read \d+ ms, GPU \d+ ms, rest \d+ ms$/m;
const HEAD = /^kernel +calls +ms +share +GFLOP\/s +GB\/s$/m;
const ROW = /^(\S.*?) +(\d+) +\d+\.\d\d +\d+\.\d %( +\d+\.\d){2}$/gm;

for (const command of ["upscale", "segment", "detect", "classify"] as const) {
  Deno.test(`${command} says where the time went, by stages and by kernels where asked to`, async () => {
    await withCommand(command, async (folder, run) => {
      await writePicture(join(folder, "a.png"), 24, 16);
      const quiet = await run(["a.png", "--json"]);
      assert.doesNotMatch(quiet.stderr, STAGES);
      const { device, timing } = readDocument<Document>(new TextDecoder().decode(quiet.stdout));
      assert.ok(device.backend !== null);
      const { totalMs = 0, ...stages } = timing;
      const sum = Object.values(stages).reduce((a, b) => a + b);
      assert.ok(Math.abs(sum - totalMs) <= 3, JSON.stringify(timing));
      for (const stage of ["loadMs", "warmupMs", "preMs", "gpuMs"]) {
        assert.ok((stages[stage] ?? 0) > 0, stage);
      }
      const told = await run(["a.png", "-vv", "--overwrite"]);
      assert.match(told.stderr, STAGES);
      assert.match(told.stderr, HEAD);
      const rows = [...told.stderr.matchAll(ROW)].map(([, kernel]) => kernel);
      assert.ok(rows.some((kernel) => /conv|linear/.test(kernel ?? "")), told.stderr);
    });
  });
}

Deno.test("frames that are waited for count as reading, kernels of all frames are one row", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writeClip(join(folder, "a.mp4"), 0.2);
    const ended = await segment(["a.mp4", "-v", "--verbose", "--save", "json"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, STAGES);
    const kernels = [...ended.stderr.matchAll(ROW)];
    assert.equal(new Set(kernels.map(([, kernel]) => kernel)).size, kernels.length);
    assert.ok(kernels.every(([, , calls]) => Number(calls) % 5 === 0), ended.stderr);
  });
});
