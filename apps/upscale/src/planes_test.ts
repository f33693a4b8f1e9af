import assert from "node:assert/strict";
import { flatten, joinAlpha, splitAlpha } from "./planes.ts";

Deno.test("a picture with transparency comes back from its planes", () => {
  const image = { width: 2, height: 1, channels: 4, depth: 8 } as const;
  const data = Uint8Array.of(1, 2, 3, 40, 5, 6, 7, 255);
  const { color, alpha } = splitAlpha({ ...image, data }, 8);
  assert.deepEqual([...color.data], [1, 2, 3, 5, 6, 7]);
  assert.deepEqual(joinAlpha(color, alpha, false), { ...image, data });
});

Deno.test("opaque pixels need no alpha, grey stays grey, 16 bits become 8 where that is wanted", () => {
  const opaque = Uint8Array.of(1, 2, 3, 255);
  const one = { width: 1, height: 1, depth: 8 } as const;
  assert.equal(splitAlpha({ ...one, channels: 4, data: opaque }, 8).alpha, undefined);
  const grey = { width: 2, height: 1, channels: 1, depth: 16 } as const;
  const { color, alpha } = splitAlpha({ ...grey, data: Uint16Array.of(257, 65535) }, 8);
  assert.deepEqual([...color.data], [1, 1, 1, 255, 255, 255]);
  assert.deepEqual(joinAlpha(color, alpha, true).data, Uint8Array.of(1, 255));
});

Deno.test("16 bits come back whole, and 8 bits become 16", () => {
  const image = { width: 2, height: 1, channels: 4, depth: 16 } as const;
  const data = Uint16Array.of(1, 300, 65535, 40_000, 5, 6, 7, 65535);
  const { color, alpha } = splitAlpha({ ...image, data }, 16);
  assert.deepEqual(joinAlpha(color, alpha, false), { ...image, data });
  const grey = { width: 2, height: 1, channels: 1, depth: 8, data: Uint8Array.of(1, 255) } as const;
  assert.deepEqual([...splitAlpha(grey, 16).color.data], [257, 257, 257, 65535, 65535, 65535]);
  const half = { width: 1, height: 1, channels: 4, depth: 16 } as const;
  const planes = splitAlpha({ ...half, data: Uint16Array.of(0, 0, 65535, 32768) }, 16);
  assert.deepEqual([...flatten(planes, [255, 0, 0]).data], [32767, 0, 32768]);
});

Deno.test("a picture on a colour is opaque", () => {
  const data = Uint8Array.of(10, 20, 30, 0, 10, 20, 30, 51, 10, 20, 30, 255);
  const planes = splitAlpha({ width: 3, height: 1, channels: 4, depth: 8, data }, 8);
  const expected = [100, 110, 120, 82, 92, 102, 10, 20, 30];
  assert.deepEqual([...flatten(planes, [100, 110, 120]).data], expected);
});
