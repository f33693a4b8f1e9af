import assert from "node:assert/strict";
import { jsonRows } from "./json_rows.ts";

async function* inPieces(text: string, size: number): AsyncGenerator<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length; at += size) {
    yield await Promise.resolve(bytes.subarray(at, at + size));
  }
}

async function rowsOf(text: string, size: number): Promise<unknown[]> {
  return await Array.fromAsync(jsonRows(inPieces(text, size)));
}

Deno.test("rows are those of JSON.parse, wherever the bytes are cut", async () => {
  const rows = [
    { token: "a", filename: 'odd "name" \\ [{', place: [1, 2, { deep: [] }] },
    { token: "ü€", empty: {} },
    {},
  ];
  for (const text of [JSON.stringify(rows), JSON.stringify(rows, null, 2)]) {
    for (const size of [1, 2, 3, 7, 64, 1000]) assert.deepEqual(await rowsOf(text, size), rows);
  }
  assert.deepEqual(await rowsOf(" [ ]\n", 2), []);
});

Deno.test("what is no list, or ends too early, is told", async () => {
  await assert.rejects(() => rowsOf('{"a": 1}', 3), /it is no list/);
  await assert.rejects(() => rowsOf("words", 3), /it is no list/);
  await assert.rejects(() => rowsOf('[{"a": 1}, {"b"', 4), /ends too early/);
  await assert.rejects(() => rowsOf('[{"a": 1}, {"b"}]', 4), SyntaxError);
});
