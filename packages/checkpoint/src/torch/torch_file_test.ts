import assert from "node:assert/strict";
import { CheckpointError } from "../errors.ts";
import { FileSource } from "../file_source.ts";
import { openSafetensors } from "../open_safetensors.ts";
import { memorySource } from "../source.ts";
import { archiveOfScalars, legacyScalars } from "../testing/scalar_files.ts";
import { TorchFile } from "./torch_file.ts";

const fixture = (name: string) =>
  new URL(`../../../../fixtures/checkpoint/${name}`, import.meta.url);

Deno.test("all kinds of tensors come out of both containers, with their values", async () => {
  using expected = await openSafetensors(fixture("exotic_expected.safetensors"));
  for (const name of ["exotic_zip.pth", "exotic_legacy.pth"]) {
    using source = await FileSource.open(fixture(name));
    const file = await TorchFile.open(source);
    assert.deepEqual([...await file.find("i16")?.float32() ?? []], [-3]);
    for (const key of expected.file.keys()) {
      const tensor = file.find(key);
      assert.deepEqual(tensor?.shape, expected.file.entry(key).shape, key);
      assert.equal(tensor?.dtype, expected.file.entry(key).dtype, key);
      assert.deepEqual(await tensor?.float64(), await expected.file.float64(key), key);
    }
    assert(file.root instanceof Map && file.root.has("nested"));
  }
});

Deno.test("tens of thousands of numbers, each in a storage of its own, are read", async () => {
  const count = 30_000;
  for (const bytes of [archiveOfScalars(count), legacyScalars(count)]) {
    const file = await TorchFile.open(memorySource(bytes));
    assert.equal([...file.keys()].length, count);
    const last = file.find(`scales.0${count - 1}`);
    assert.deepEqual([last?.shape, [...await last?.float32() ?? []]], [[], [count - 1]]);
  }
});

Deno.test("weights are found in the nests of training frameworks", async () => {
  using timm = await FileSource.open(fixture("tiny_timm.pth"));
  const key = "patch_embed.proj.0.weight";
  const [plain, average] = [
    await TorchFile.open(timm),
    await TorchFile.open(timm, { nest: "state_dict_ema" }),
  ];
  const [a = 0, b = 0] = [
    (await plain.find(key)?.float32())?.[0],
    (await average.find(key)?.float32())?.[0],
  ];
  assert(Math.abs(a - b - 1) < 1e-6);
  using legacy = await FileSource.open(fixture("tiny_d2_legacy.pth"));
  const model = await TorchFile.open(legacy);
  assert.equal((await model.find(key)?.float32())?.[0], b);
});

Deno.test("the lists that mmcv keeps beside the weights are metadata, its configuration is not", async () => {
  using source = await FileSource.open(fixture("forms/mmcv.pth"));
  const { metadata } = await TorchFile.open(source);
  assert.deepEqual(metadata, { CLASSES: '["sky","sea"]', PALETTE: "[[1,2,3],[4,5,6]]" });
});

Deno.test("of an old file no more is read than its pickles need", async () => {
  const bytes = await Deno.readFile(fixture("forms/legacy.pth"));
  const padded = new Uint8Array(16 << 20);
  padded.set(bytes);
  const memory = memorySource(padded);
  const lengths: number[] = [];
  const read = (offset: number, length: number) => {
    lengths.push(length);
    return memory.read(offset, length);
  };
  const file = await TorchFile.open({ name: "a.pth", size: memory.size, read });
  assert.equal([...file.keys()].length, 3);
  assert(Math.max(...lengths) <= 1 << 20);
});

Deno.test("pickles longer than the first look are read to their end", async () => {
  const text = new TextEncoder().encode("x".repeat(3 << 20));
  const length = new Uint8Array(new Uint32Array([text.length]).buffer);
  const config = new TextEncoder().encode("config");
  const bytes = await new Blob([
    Uint8Array.of(0x80, 2, 0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19),
    Uint8Array.of(0x2e, 0x80, 2, 0x4d, 0xe9, 3, 0x2e, 0x80, 2, 0x7d, 0x2e, 0x80, 2, 0x7d),
    Uint8Array.of(0x58, config.length, 0, 0, 0),
    config,
    Uint8Array.of(0x58),
    length,
    text,
    Uint8Array.of(0x73, 0x2e, 0x80, 2, 0x5d, 0x2e),
  ]).bytes();
  const { metadata } = await TorchFile.open(memorySource(bytes));
  assert.equal(metadata["config"]?.length, text.length);
});

Deno.test("foreign and cut files are refused with what to do", async () => {
  using source = await FileSource.open(fixture("exotic_zip.pth"));
  const bytes = await source.read(0, source.size);
  for (const part of [new Uint8Array(), bytes.subarray(0, 5), bytes.subarray(0, 3000)]) {
    await assert.rejects(TorchFile.open(memorySource(part, "a.pth")), (error) => {
      assert(error instanceof CheckpointError);
      assert.match(error.message, /^Cannot read a\.pth: .*Fetch the file again/);
      return true;
    });
  }
});
