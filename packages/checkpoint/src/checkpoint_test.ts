import assert from "node:assert/strict";
import { readCheckpoint } from "./checkpoint.ts";
import { CheckpointError } from "./errors.ts";
import { recogniseForm } from "./recognise.ts";
import { memorySource, type Source } from "./source.ts";
import { fuzzCheckpoint, fuzzSubjects } from "./testing/fuzz_checkpoint.ts";
import { WeightStore } from "./weight_store.ts";
import { writeSafetensors } from "./write_safetensors.ts";

const FORMS = new URL("../../../fixtures/checkpoint/forms/", import.meta.url);

/** The tensors of all files in the folder. */
const TENSORS = [
  { name: "module.backbone.a.weight", dtype: "F32", shape: [2, 3], values: [0, 1, 2, 3, 4, 5] },
  { name: "module.backbone.b.bias", dtype: "F16", shape: [4], values: [0, 1, 2, 3] },
  { name: "module.head.extra", dtype: "F32", shape: [1], values: [1] },
] as const;

async function fileSource(name: string): Promise<Source> {
  return memorySource(await Deno.readFile(new URL(name, FORMS)), name);
}

/** The same weights in every form. */
async function everyForm(): Promise<readonly (readonly [form: string, source: Source])[]> {
  return [
    ["safetensors", memorySource(writeSafetensors(TENSORS), "net.safetensors")],
    ["torch-zip", await fileSource("zip.pth")],
    ["torch-legacy", await fileSource("legacy.pth")],
    ["torch-legacy", await fileSource("legacy_protocol4.pth")],
    ["sharded", await fileSource("sharded/pytorch_model.bin.index.json")],
  ];
}

const openShard = (name: string) => fileSource(`sharded/${name}`);

Deno.test("the same weights come out of every form, without the prefix of parallel training", async () => {
  for (const [form, source] of await everyForm()) {
    const { name } = source;
    const checkpoint = await readCheckpoint(source, { openShard });
    assert.equal(checkpoint.form, form, name);
    const keys = TENSORS.map((tensor) => tensor.name.replace("module.", ""));
    assert.deepEqual([...checkpoint.keys()].sort(), keys, name);
    for (const [index, key] of keys.entries()) {
      const weight = checkpoint.find(key);
      assert.deepEqual(weight?.shape, TENSORS[index]?.shape, name);
      assert.equal(weight?.dtype, TENSORS[index]?.dtype, name);
      assert.deepEqual([...await weight?.float32() ?? []], TENSORS[index]?.values, name);
      const pieces: number[] = [];
      for await (const piece of weight?.chunks(8) ?? []) pieces.push(piece.length);
      assert.equal(pieces.reduce((sum, length) => sum + length, 0) % 4, 0);
      assert.ok(pieces.every((length) => length <= 8), name);
    }
    if (form.startsWith("torch")) assert.equal(checkpoint.metadata["config"], '{"depth":2}');
  }
});

Deno.test("missing, mis-shaped and unexpected keys of every form are listed in one error", async () => {
  for (const [, source] of await everyForm()) {
    const store = WeightStore.over(await readCheckpoint(source, { openShard }));
    store.get("backbone.a.weight", [3, 2]);
    store.get("backbone.b.bias", [4]);
    store.get("head.bias", [5]);
    assert.throws(() => store.finish(), (error) => {
      assert.ok(error instanceof CheckpointError);
      assert.deepEqual(error.problems, [
        "missing head.bias [5]",
        "backbone.a.weight has shape [2,3], expected [3,2]",
        "unexpected head.extra",
      ], source.name);
      return true;
    });
  }
});

Deno.test("a module of every form can be meant alone", async () => {
  for (const [, source] of await everyForm()) {
    const options = { openShard, prefix: "backbone" };
    const checkpoint = await readCheckpoint(source, options);
    assert.deepEqual([...checkpoint.keys()].sort(), ["a.weight", "b.bias"], source.name);
    assert.equal(checkpoint.find("extra"), undefined);
    const none = readCheckpoint(source, { ...options, prefix: "neck." });
    await assert.rejects(none, /none of its keys is in neck/);
  }
});

Deno.test("a nest that a file of PyTorch does not have is not replaced by another", async () => {
  const nest = "state_dict_ema";
  await assert.rejects(readCheckpoint(await fileSource("zip.pth"), { nest }), (error) => {
    assert.ok(error instanceof CheckpointError);
    assert.equal(error.code, "WEIGHTS_MISMATCH");
    assert.match(error.message, /holds no dictionary state_dict_ema/);
    return true;
  });
});

Deno.test("an index must agree with its files", async () => {
  const shard = (name: string) =>
    memorySource(writeSafetensors([{ name, dtype: "F32", shape: [1], values: [1] }]));
  const read = (index: unknown, open = (name: string) => Promise.resolve(shard(name))) =>
    readCheckpoint(memorySource(new TextEncoder().encode(JSON.stringify(index)), "index"), {
      openShard: open,
    });
  const good = await read({ weight_map: { a: "a" } });
  assert.deepEqual([...good.keys()], ["a"]);
  const more = await read(
    { weight_map: { a: "a" } },
    () =>
      Promise.resolve(memorySource(writeSafetensors(
        ["a", "b"].map((name) => ({ name, dtype: "F32", shape: [1], values: [1] })),
      ))),
  );
  assert.deepEqual([...more.keys()], ["a", "b"]);
  await assert.rejects(read({ weight_map: { a: "a", b: "a", c: "a" } }), (error) => {
    assert.ok(error instanceof CheckpointError);
    assert.deepEqual(error.problems, ["b is not in a", "c is not in a"]);
    return true;
  });
  for (const place of ["../a", "/a", "x/a", "..", "", "c:a", "a\\b", 3, null]) {
    await assert.rejects(read({ weight_map: { a: place } }), /no file beside it/);
  }
  for (const index of [{}, { weight_map: [] }, { weight_map: "a" }]) {
    await assert.rejects(read(index), /JSON without a weight_map/);
  }
  const nested = () => Promise.resolve(memorySource(new TextEncoder().encode('{"weight_map":{}}')));
  await assert.rejects(read({ weight_map: { a: "a" } }, nested), /index without the files/);
});

Deno.test("foreign files are refused by what they begin with", async () => {
  const cases: [string, RegExp][] = [
    ["", /it is empty/],
    ["version https://git-lfs.github.com/spec/v1\noid sha256:0\n", /pointer of Git LFS/],
    ["<!DOCTYPE html><html></html>", /it is no checkpoint, it begins with "<!DOCTYPE html><"/],
    ["{", /neither weights nor JSON/],
  ];
  for (const [text, expected] of cases) {
    const source = memorySource(new TextEncoder().encode(text), "a.pth");
    await assert.rejects(readCheckpoint(source, { openShard }), (error) => {
      assert.ok(error instanceof CheckpointError);
      assert.equal(error.code, "WEIGHTS_CORRUPT");
      assert.match(error.message, expected);
      return true;
    });
  }
});

Deno.test("headers whose length looks like the start of another form are still safetensors", () => {
  const head = new Uint8Array(64);
  for (const length of [0x7b, 0x0a0d, 0x280, 0x4b50, 0x2020, 0x04034b50]) {
    new DataView(head.buffer).setUint32(0, length, true);
    head[8] = 0x7b;
    assert.equal(recogniseForm(head), "safetensors", length.toString(16));
  }
});

Deno.test("damaged files of every form give an error of ours or a result", async () => {
  for (const [name, subject] of await fuzzSubjects(new URL("../", FORMS))) {
    const read = await fuzzCheckpoint(subject, 1000, 7);
    assert.ok(read > 0 && read < 1000, `${name}: ${read}`);
  }
});
