import assert from "node:assert/strict";
import {
  adapterName,
  CANDIDATES,
  candidatesChecksum,
  open,
  packWeight,
  parseTuning,
  type TunedFamily,
  tuningKey,
} from "../../mod.ts";
import { chooseForm } from "../ops/gemm_form.ts";
import { cast as buildCast } from "../kernels/cast.ts";
import { chooseRowVariant } from "../wgsl/row_walk.ts";
import { BUILT_IN } from "./built_in.ts";
import { choicesFor } from "./tuning.ts";

Deno.test("a tuning decides on its own adapter and extents only, and among what can run", async () => {
  using plain = await open();
  const adapter = adapterName(plain.caps);
  const data = new Float32Array(64);
  const usual = {
    pack: packWeight(plain, data, [8, 8]).tile.variant,
    rows: chooseRowVariant(plain.caps, 10, 1000),
  };
  const keys = [tuningKey("pack", { n: 8, k: 8 }), tuningKey("rows", { rows: 16, columns: 1024 })];
  const choices = (...names: string[]) =>
    Object.fromEntries(keys.map((key, index) => [key, names[index] ?? ""]));
  const tuned = choices("registers", "group");
  const cases = [
    [{ adapter, choices: tuned }, "registers", "group"],
    [{ adapter: "another card", choices: tuned }, usual.pack, usual.rows],
    [{ adapter, choices: choices("fastest", "") }, usual.pack, usual.rows],
  ] as const;
  for (const [tuning, pack, rows] of cases) {
    using gpu = await open({ tuning });
    assert.equal(packWeight(gpu, data, [8, 8]).tile.variant, pack);
    assert.equal(chooseRowVariant(gpu.caps, 10, 1000), rows);
    assert.equal(chooseRowVariant(gpu.caps, 20, 1000), usual.rows);
  }
});

Deno.test("neighbouring extents share a choice, and all beyond 4096", () => {
  const key = (m: number) => tuningKey("gemm", { m, n: 1, k: 0 });
  assert.equal(key(5), "gemm m=8 n=1 k=1");
  assert.equal(key(8), key(5));
  assert.notEqual(key(9), key(8));
  assert.equal(key(1_000_000), key(4096));
});

Deno.test("a form that was measured is taken for its extents, whatever the weights were laid out for", async () => {
  using gpu = await open({ defaultLimits: true });
  const tile = { variant: "registers", lanes: 8, columns: 4 } as const;
  const extents = { m: 3, n: 100, quads: 256, taps: 1, parts: 1, direct: true, plain: true };
  const key = tuningKey("gemm", { m: 3, n: 100, k: 1024 });
  const tuned = (form: string) => ({ ...gpu.caps, isCpu: true, tuned: { [key]: form } });
  assert.equal(chooseForm(tuned("gemv"), tile, extents), "gemv");
  assert.equal(chooseForm(tuned("split"), tile, extents), "split");
  assert.equal(chooseForm(tuned("tall"), tile, extents), "tile");
  assert.equal(chooseForm(tuned("gemv"), tile, { ...extents, m: 5 }), "tile");
  assert.equal(chooseForm(tuned("gemv"), tile, { ...extents, n: 200 }), "tile");
  const conv = { ...gpu.caps, isCpu: true, tuned: { "conv m=4 n=128 k=1024": "split" } };
  assert.equal(chooseForm(conv, tile, { ...extents, direct: false }), "split");
  assert.equal(chooseForm(conv, tile, extents), "tile");
});

Deno.test("built-in choices have the keys and candidates of their families, and a tuning overrides them", () => {
  for (const [key, choice] of Object.values(BUILT_IN).flatMap((table) => Object.entries(table))) {
    const [family = "", ...extents] = key.split(" ");
    const pairs = extents.map((extent) => extent.split("="));
    const named = Object.fromEntries(pairs.map(([name = "", extent]) => [name, Number(extent)]));
    assert.equal(tuningKey(family as TunedFamily, named), key);
    assert(CANDIDATES[family as TunedFamily].some((name) => name === choice), key);
  }
  const caps = { isCpu: false, vendor: "nvidia", architecture: "", description: "a card" };
  const key = "gemm m=2048 n=1024 k=1024";
  assert.equal(choicesFor(caps)[key], "tall");
  const tuning = { adapter: "nvidia, a card", choices: { [key]: "tile" } };
  assert.equal(choicesFor(caps, tuning)[key], "tile");
  assert.equal(choicesFor({ ...caps, architecture: "new" }, tuning)[key], "tall");
  assert.deepEqual(choicesFor({ ...caps, vendor: "another" }), {});
  assert.deepEqual(choicesFor({ ...caps, isCpu: true }), {});
});

Deno.test("the checksum tells kernels apart by their code", async () => {
  const own = await candidatesChecksum();
  const cast = (narrow: boolean) => candidatesChecksum([buildCast({ narrow })]);
  assert.equal(own, await candidatesChecksum([]));
  assert.equal(new Set([own, await cast(true), await cast(false)]).size, 3);
});

Deno.test("a tuning of other kernels is refused", async () => {
  const candidates = await candidatesChecksum();
  const tuning = { adapter: "a", candidates, choices: {} };
  assert.deepEqual(parseTuning(tuning, candidates), tuning);
  assert.throws(() => parseTuning(tuning, "00"), /compared other kernels .*Tune again/);
});

Deno.test("a tuning file that says something else is refused", () => {
  const candidates = "00";
  for (
    const value of [
      null,
      [],
      { adapter: "a", variants: { gemm: "shared" } },
      { adapter: "a", candidates },
      { adapter: "a", candidates, choices: { gemm: 1 } },
    ]
  ) {
    assert.throws(() => parseTuning(value, candidates), /Tune again/);
  }
});
