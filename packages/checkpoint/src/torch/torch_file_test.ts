import assert from "node:assert/strict";
import { CheckpointError } from "../errors.ts";
import { FileSource } from "../file_source.ts";
import { openSafetensors } from "../open_safetensors.ts";
import { memorySource } from "../source.ts";
import { fuzzTorch } from "../testing/fuzz_torch.ts";
import { TorchFile } from "./torch_file.ts";
import { Opaque } from "./unpickle.ts";

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

Deno.test("what a pickle would call is kept as a description and not called", async () => {
  const text = (value: string) => [...new TextEncoder().encode(value)];
  const call = [...text("cos\nsystem\n"), ...text("(S'rm -rf'\ntR"), 0x2e];
  const pickle = (body: number[]) => [0x80, 2, ...body];
  const magic = [0x8a, 10, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
  const bytes = Uint8Array.from([
    ...pickle(magic),
    ...pickle([0x4d, 0xe9, 0x03, 0x2e]),
    ...pickle([0x7d, 0x2e]),
    ...pickle(call),
    ...pickle([0x5d, 0x2e]),
  ]);
  const { root } = await TorchFile.open(memorySource(bytes));
  assert(root instanceof Opaque);
  assert.deepEqual(root.args, ["rm -rf"]);
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

Deno.test("damaged files give an error of ours or a result", async () => {
  for (const name of ["exotic_zip.pth", "exotic_legacy.pth"]) {
    using source = await FileSource.open(fixture(name));
    const bytes = await source.read(0, source.size);
    const read = await fuzzTorch(bytes, 1000, 7);
    assert(read > 0 && read < 1000);
  }
});
