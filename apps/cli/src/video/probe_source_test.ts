import assert from "node:assert/strict";
import { join } from "node:path";
import { writeDemoClip } from "@vicinity/media";
import { Progress } from "../progress.ts";
import { probeSource } from "./probe_source.ts";

const wanted = { start: undefined, end: undefined, frames: 3, hdr: "error" } as const;

Deno.test("probing shows how far it is, but not over the input that is worked on, and can be stopped", async () => {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    const path = join(folder, "a.mp4");
    await writeDemoClip(path, { frames: 4, width: 32, height: 18, overwrite: true });
    const job = { input: { path, shown: "a.mp4", subfolder: "" }, targets: [] };
    let shown = "";
    const screen = { write: (text: string) => shown += text, terminal: false, columns: 80 };
    const progress = new Progress({ ...screen, name: "test", mode: "json", now: () => 0 });
    const stop = new AbortController();
    const task = { wanted, signal: stop.signal, progress };
    const { info, range } = await probeSource(job, task);
    assert.deepEqual([info.frames, range], [4, { start: 0, end: 3 }]);
    assert.match(shown, /"phase":"probe","done":4,"total":4,"unit":"frame",.*"item":"a\.mp4"/);

    progress.report({ phase: "run", done: 1, total: 9, unit: "frame", item: "b.mp4" });
    await probeSource(job, task);
    assert.equal(progress.last?.item, "b.mp4");

    stop.abort(new Error("enough"));
    await assert.rejects(probeSource(job, task), /enough/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
