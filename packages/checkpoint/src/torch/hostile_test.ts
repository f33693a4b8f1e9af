import assert from "node:assert/strict";
import { CheckpointError } from "../errors.ts";
import { memorySource } from "../source.ts";
import { isReadable } from "../testing/fuzz_checkpoint.ts";
import {
  HOSTILE_PICKLES,
  hostileArchive,
  hostileLegacy,
  hostileStorages,
} from "../testing/hostile_files.ts";
import { TorchFile } from "./torch_file.ts";
import { Opaque } from "./unpickle.ts";

const MEGABYTE = 1 << 20;

/** A file with one pickle. */
function fileOf(pickle: string) {
  return memorySource(hostileLegacy({ start: pickle, again: "" }, 0), "a.pth");
}

function expects(code: string, message: RegExp) {
  return (error: unknown) => {
    assert(error instanceof CheckpointError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

/** A tensor `[2, 2]` of a storage `a` with four floats. */
const TENSOR = "ctorch._utils\n_rebuild_tensor_v2\n((U\x07storagectorch\nFloatStorage\n" +
  "U\x01aU\x03cpuK\x04tQK\0K\x02K\x02\x86K\x02K\x01\x86tR";

Deno.test("operations of every kind, taken to excess, end soon and within twice the file", async () => {
  for (const [what, pickle] of HOSTILE_PICKLES) {
    await isReadable(memorySource(hostileLegacy(pickle, 4 * MEGABYTE), what));
  }
});

Deno.test("names of storages bring room for their objects, up to a sum", async () => {
  const bytes = hostileStorages(12 * MEGABYTE);
  await isReadable(memorySource(bytes), { storages: bytes.length });
});

Deno.test("what would not fit is refused, in pickles and in directories of archives", async () => {
  const tooMuch = /^Cannot read a\.pth: what it describes would take more memory than 2 times its/;
  const files = [
    hostileLegacy({ again: "}" }, 25 * MEGABYTE),
    hostileArchive(2 * MEGABYTE),
    hostileStorages(12 * MEGABYTE),
  ];
  for (const bytes of files) {
    const opening = TorchFile.open(memorySource(bytes, "a.pth"));
    await assert.rejects(opening, expects("WEIGHTS_CORRUPT", tooMuch));
  }
});

Deno.test("lengths beyond the file and indices beyond the pickle are refused before they cost", async () => {
  for (
    const [pickle, expected] of [
      ["X\xff\xff\xff\x7f", /ends too early/],
      ["\x8d\xff\xff\xff\xff\xff\xff\xff\x7f", /ends too early/],
      ["\x8e\0\0\0\0\0\0\0\x80", /ends too early/],
      ["B\xff\xff\xff\xff", /ends too early/],
      ["\x8b\xff\xff\xff\x7f", /a number is too long/],
      ["Nr\xff\xff\xff\xff", /remembers something as 4294967295/],
      ["Np1.5\n", /remembers something as 1\.5/],
      ["p0\n", /stack runs empty/],
      ["h\x07", /nothing is remembered as 7/],
      [")Na", /appends to something else/],
    ] as const
  ) {
    await assert.rejects(TorchFile.open(fileOf(pickle)), expects("WEIGHTS_CORRUPT", expected));
  }
});

Deno.test("long integers have their values and signs", async () => {
  const { root } = await TorchFile.open(
    fileOf("](\x8a\0\x8a\x01\xff\x8a\x02\0\x80\x8a\x09\x01\0\0\0\0\0\0\0\x80\x8b\x02\0\0\0\0\x01e"),
  );
  assert.deepEqual(root, [0, -1, -32768, -(2n ** 71n) + 1n, 256]);
});

Deno.test("of dictionaries the entries whose keys are texts are kept", async () => {
  const { root } = await TorchFile.open(fileOf("}(K\x01NU\x01aNNNG\0\0\0\0\0\0\0\0Nu"));
  assert.deepEqual(root, new Map([["a", null]]));
});

Deno.test("a pickle cannot change the shape of a tensor that it has made", async () => {
  const sizes = "](K\x02K\x02eq\x000](K\x02K\x01eq\x010";
  const tensor = TENSOR.replace("K\x02K\x02\x86", "h\0").replace("K\x02K\x01\x86", "h\x01");
  const file = await TorchFile.open(fileOf(`${sizes}}(U\x01w${tensor}U\x01vh\0(K\x05]eu`));
  assert.deepEqual(file.find("w")?.shape, [2, 2]);
});

Deno.test("an old file stores the numbers of each storage once, by its name", async () => {
  const numbers = "\x04" + "\0".repeat(7 + 16);
  for (
    const [keys, expected] of [
      ["U\x01aU\x01a", /stores the same numbers twice/],
      ["U\x01b", /stores numbers that no tensor uses/],
      ["]q\0h\0\x86", /stores numbers that no tensor uses/],
    ] as const
  ) {
    const file = fileOf(`${TENSOR}.\x80\x02](${keys}e.${numbers}`);
    await assert.rejects(TorchFile.open(file), expects("WEIGHTS_CORRUPT", expected));
  }
});

Deno.test("a view that repeats its numbers may not grow beyond twice the file", async () => {
  const numbers = "\x04" + "\0".repeat(7 + 16);
  const view = (rows: string) =>
    fileOf(
      `}U\x01w${TENSOR.replace("K\x02K\x02\x86K\x02", `${rows}K\x02\x86K\0`)}s` +
        `.\x80\x02]U\x01aa.${numbers}`,
    );
  const small = await TorchFile.open(view("M\0\x01"));
  assert.equal((await small.find("w")?.float32())?.length, 512);
  const large = await TorchFile.open(view("J\0\0\0\x01"));
  assert.deepEqual(large.find("w")?.shape, [1 << 24, 2]);
  const refused = expects("WEIGHTS_CORRUPT", /a tensor \[16777216,2\] is larger than the file/);
  await assert.rejects(large.find("w")?.float32() ?? Promise.resolve(), refused);
});

Deno.test("what a pickle would call is described, and only refused where weights need it", async () => {
  const call = "cos\nsystem\nU\x06rm -rf\x85R";
  const beside = await TorchFile.open(
    fileOf(`}(U\x09optimizer${call}U\x05model}U\x01w${TENSOR}su`),
  );
  assert.deepEqual([...beside.keys()], ["w"]);
  assert(beside.root instanceof Map);
  const opaque: unknown = beside.root.get("optimizer");
  assert(opaque instanceof Opaque);
  assert.deepEqual(opaque.args, ["rm -rf"]);
  const refused = expects(
    "WEIGHTS_UNSAFE",
    /^Cannot read a\.pth: refusing to run code in the checkpoint, .* made by os\.system\. .*safetensors/,
  );
  await assert.rejects(TorchFile.open(fileOf(call)), refused);
  await assert.rejects(TorchFile.open(fileOf(`}U\x05model${call}s`)), refused);
  const nest = { nest: "optimizer" };
  await assert.rejects(TorchFile.open(fileOf(`}U\x09optimizer${call}s`), nest), refused);
  const mixed = await TorchFile.open(fileOf(`}(U\x01v${call}U\x01w${TENSOR}u`));
  assert.deepEqual([...mixed.keys()], ["w"]);
  assert.equal(mixed.find("u"), undefined);
  assert.throws(() => mixed.find("v"), refused);
});

Deno.test("a network that is stored whole is refused as code", async () => {
  const network = "(U\x06modulecnets\nNet\nU\x06net.pyU\x09class NettQ)\x81}U\x07_weightNsb";
  await assert.rejects(
    TorchFile.open(fileOf(network)),
    expects("WEIGHTS_UNSAFE", /its weights are made by nets\.Net\./),
  );
});
