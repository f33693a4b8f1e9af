import assert from "node:assert/strict";
import { join } from "node:path";
import { attentionCandidates } from "@vicinity/attention";
import { adapterName, candidatesChecksum, open } from "@vicinity/tensor";
import { readTuning, tuningMisfit } from "./tuning.ts";

Deno.test("a tuning counts on its adapter and for its kernels, and otherwise says why not", async () => {
  using gpu = await open();
  const adapter = adapterName(gpu.caps);
  const candidates = await candidatesChecksum(attentionCandidates());
  const choices = { "mlp dim=64 hidden=256": "layers" };
  const cases = [
    [JSON.stringify({ adapter, candidates, choices }), undefined],
    [
      JSON.stringify({ adapter: "a card", candidates, choices }),
      /^it was made on a card, this is /,
    ],
    [JSON.stringify({ adapter, candidates: "00", choices }), /^it compared other kernels \(00\)/],
    [JSON.stringify({ adapter, choices }), /^it names no adapter, candidates and choices$/],
    ["{", /^it is no JSON$/],
  ] as const;
  const folder = await Deno.makeTempDir();
  try {
    const file = join(folder, "tuning.json");
    assert.deepEqual(await readTuning(file), {});
    for (const [text, reason] of cases) {
      await Deno.writeTextFile(file, text);
      const read = await readTuning(file);
      const misfit = tuningMisfit(gpu.caps, read);
      if (reason === undefined) assert.deepEqual([misfit, read.tuning?.choices], [reason, choices]);
      else assert.match(misfit ?? "", reason);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
