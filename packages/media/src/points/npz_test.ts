import assert from "node:assert/strict";
import { crc32, deflateRawSync } from "node:zlib";
import { MediaError, PointsLayoutError } from "@vicinity/media";
import { bytes, npy, read } from "./testing/point_bytes.ts";

/** A zip archive, as NumPy's savez (stored) and savez_compressed (deflated) write it. */
function zip(entries: Record<string, Uint8Array>, deflated: boolean): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const [name, content] of Object.entries(entries)) {
    const packed = deflated ? deflateRawSync(content) : content;
    const sizes = Uint32Array.of(crc32(content), packed.length, content.length);
    const method = Uint16Array.of(20, 0, deflated ? 8 : 0, 0, 33);
    const lengths = Uint16Array.of(name.length, 0);
    const part = bytes("PK\x03\x04", method, sizes, lengths, name, packed);
    const attributes = [Uint16Array.of(0, 0, 0), Uint32Array.of(0, offset)];
    directory.push(bytes("PK\x01\x02", [20, 0], method, sizes, lengths, ...attributes, name));
    parts.push(part);
    offset += part.length;
  }
  const count = parts.length;
  const central = bytes(...directory);
  const end = [Uint16Array.of(0, 0, count, count), Uint32Array.of(central.length, offset), [0, 0]];
  return bytes(...parts, central, "PK\x05\x06", ...end);
}

const POINTS = npy("'<f4'", "(2, 3)", Float32Array.of(1, 2, 3, 4, 5, 6));
const LABELS = npy("'<i8'", "(2,)", BigInt64Array.of(1n, 2n));

Deno.test("the array of points is found, packed or not", async () => {
  for (const deflated of [false, true]) {
    const file = zip({ "labels.npy": LABELS, "points.npy": POINTS }, deflated);
    const { positions, report } = await read(file, "a.npz");
    assert.deepEqual([...positions], [1, 2, 3, 4, 5, 6]);
    assert.equal(report.format, "npz");
    const first = await read(zip({ "arr_0.npy": POINTS }, deflated), "a.npz");
    assert.deepEqual(first.positions, positions);
  }
});

Deno.test("archives without points say so", async () => {
  await assert.rejects(read(zip({ "a.txt": bytes("hello") }, false), "a.npz"), PointsLayoutError);
  await assert.rejects(read(zip({ "labels.npy": LABELS }, false), "a.npz"), (error) => {
    assert(error instanceof PointsLayoutError);
    assert.match(error.message, /^Cannot read labels\.npy in a\.npz as points: its shape is \[2\]/);
    return true;
  });
});

Deno.test("archives that are cut off or damaged are errors", async () => {
  for (const deflated of [false, true]) {
    const file = zip({ "points.npy": POINTS }, deflated);
    for (let length = 4; length < file.length; length++) {
      await assert.rejects(read(file.slice(0, length), "a.npz"), MediaError, `${length} bytes`);
    }
    const wrong = file.slice();
    wrong[60] = (wrong[60] ?? 0) ^ 255;
    await assert.rejects(read(wrong, "a.npz"), MediaError);
  }
});
