import assert from "node:assert/strict";
import { CheckpointError } from "./errors.ts";
import { SafetensorsFile } from "./safetensors.ts";
import { memorySource } from "./source.ts";
import { type WritableDtype, writeSafetensors } from "./write_safetensors.ts";

function fileOf(header: unknown, dataBytes: number): Uint8Array {
  const json = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + json.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  try {
    await SafetensorsFile.open(memorySource(bytes, "bad.safetensors"));
  } catch (error) {
    assert.ok(error instanceof CheckpointError);
    assert.equal(error.code, "WEIGHTS_CORRUPT");
    return error.message;
  }
  return assert.fail("the file was accepted");
}

Deno.test("what is written is read back with types, shapes and metadata", async () => {
  const dtypes: WritableDtype[] = ["F64", "F32", "F16", "BF16", "I64", "I32", "U8"];
  const tensors = dtypes.map((dtype, i) => ({
    name: `t.${dtype}`,
    dtype,
    shape: [2, 2],
    values: [0, 1, 2, i],
  }));
  const bytes = writeSafetensors([
    ...tensors,
    { name: "flag", dtype: "BOOL", shape: [], values: [1] },
    { name: "none", dtype: "F32", shape: [0, 3], values: [] },
  ], { config: "{}" });
  const file = await SafetensorsFile.open(memorySource(bytes));
  assert.deepEqual(file.metadata, { config: "{}" });
  assert.equal(file.tensors.size, 9);
  for (const { name, dtype, shape, values } of tensors) {
    assert.equal(file.entry(name).dtype, dtype);
    assert.deepEqual(file.entry(name).shape, shape);
    assert.deepEqual([...(await file.float64(name))], values);
  }
  assert.deepEqual([...(await file.float32("flag"))], [1]);
  assert.equal((await file.float32("none")).length, 0);
});

Deno.test("a tensor streams in chunks of whole elements", async () => {
  const values = Float32Array.from({ length: 10 }, (_, i) => i);
  const bytes = writeSafetensors([{ name: "w", dtype: "F32", shape: [10], values }]);
  const file = await SafetensorsFile.open(memorySource(bytes));
  const sizes: number[] = [];
  const parts: number[] = [];
  for await (const chunk of file.chunks("w", 15)) {
    sizes.push(chunk.length);
    parts.push(...chunk);
  }
  assert.deepEqual(sizes, [12, 12, 12, 4]);
  assert.deepEqual([...new Float32Array(new Uint8Array(parts).buffer)], [...values]);
});

Deno.test("bfloat16 rounds to the nearest even pattern", async () => {
  const bytes = writeSafetensors([
    { name: "w", dtype: "BF16", shape: [3], values: [1.00390625, 1.01171875, Number.NaN] },
  ]);
  const file = await SafetensorsFile.open(memorySource(bytes));
  assert.deepEqual([...(await file.float32("w"))], [1, 1.015625, Number.NaN]);
});

Deno.test("an unknown key is reported by name", async () => {
  const file = await SafetensorsFile.open(memorySource(writeSafetensors([]), "a.safetensors"));
  assert.throws(() => file.entry("x.y"), /Cannot read tensor x\.y: a\.safetensors/);
});

Deno.test("a file shorter than its length field is refused", async () => {
  assert.match(await refusal(new Uint8Array(5)), /only 5 bytes/);
});

Deno.test("a header longer than the file is refused before it is allocated", async () => {
  const bytes = fileOf({}, 0);
  new DataView(bytes.buffer).setBigUint64(0, 1n << 60n, true);
  assert.match(await refusal(bytes), /header claims 1152921504606846976 bytes/);
});

Deno.test("each kind of damage to the header is named", async () => {
  const entry = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const cases: [unknown, number, RegExp][] = [
    ["not json", 0, /not JSON/],
    ["[]", 0, /not a JSON object/],
    [{ a: 3 }, 0, /"a" is not an object/],
    [{ a: { ...entry, dtype: "F7" } }, 8, /unknown type "F7"/],
    [{ a: { ...entry, shape: [-2] } }, 8, /shape \[-2\]/],
    [{ a: { ...entry, shape: [2.5] } }, 8, /shape \[2\.5\]/],
    [{ a: { ...entry, data_offsets: [0] } }, 8, /byte range \[0\]/],
    [{ a: { ...entry, data_offsets: [8, 0] } }, 8, /needs 8 bytes but has -8/],
    [{ a: { ...entry, shape: [3] } }, 8, /needs 12 bytes but has 8/],
    [{ a: entry, b: { ...entry, data_offsets: [4, 12] } }, 12, /"b" overlaps/],
    [{ a: entry, b: { ...entry, data_offsets: [12, 20] } }, 20, /"b" follows a gap/],
    [{ a: entry }, 4, /end at byte/],
    [{ a: entry }, 12, /end at byte/],
    [{ __metadata__: [] }, 0, /__metadata__ is not an object/],
    [{ __metadata__: { a: 1 } }, 0, /metadata a is not a text/],
  ];
  for (const [header, dataBytes, expected] of cases) {
    assert.match(await refusal(fileOf(header, dataBytes)), expected);
  }
});

Deno.test("thousands of mutated files are read rightly or refused, without large reads", async () => {
  const good = writeSafetensors([
    { name: "a.weight", dtype: "F32", shape: [3, 2], values: [1, 2, 3, 4, 5, 6] },
    { name: "b", dtype: "F16", shape: [5], values: [1, 2, 3, 4, 5] },
  ], { config: '{"dim":6}' });
  let state = 20_250_101;
  const random = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor(state / 2 ** 32 * limit);
  };
  let refused = 0;
  for (let round = 0; round < 4000; round++) {
    let bytes = good.slice();
    for (let n = random(4); n >= 0; n--) bytes[random(bytes.length - 32)] = random(256);
    if (round % 5 === 0) bytes = bytes.slice(0, random(bytes.length));
    if (round % 7 === 0) bytes = new Uint8Array([...bytes, ...good.subarray(0, random(40))]);
    try {
      const file = await SafetensorsFile.open(memorySource(bytes));
      for (const [name, { byteLength }] of file.tensors) {
        assert.ok(byteLength <= bytes.length);
        await file.float32(name);
      }
    } catch (error) {
      assert.ok(error instanceof CheckpointError, `round ${round}: ${error}`);
      refused++;
    }
  }
  assert.ok(refused > 2000, `only ${refused} refused`);
});

Deno.test("values that do not fill their shape are not written", () => {
  assert.throws(
    () => writeSafetensors([{ name: "w", dtype: "F32", shape: [3], values: [1] }]),
    /shape \[3\] holds 3 elements, got 1/,
  );
  const twice = { name: "w", dtype: "F32", shape: [1], values: [1] } as const;
  assert.throws(() => writeSafetensors([twice, twice]), /appears twice/);
});
