import assert from "node:assert/strict";
import { sha256Hex, streamedSha256Hex } from "./sha256.ts";
import { memorySource } from "./source.ts";

Deno.test("the digest of three letters is the published one", async () => {
  const source = memorySource(new TextEncoder().encode("abc"));
  assert.equal(
    await sha256Hex(source),
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

Deno.test("streaming gives the digest of the whole", async () => {
  const source = memorySource(Uint8Array.from({ length: 1000 }, (_, i) => i % 251));
  assert.equal(await streamedSha256Hex([source], 77), await sha256Hex(source));
});
