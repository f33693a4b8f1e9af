import assert from "node:assert/strict";
import { containerEnding, kindOf } from "./kinds.ts";

Deno.test("the first bytes tell what a file is, its name only what they leave open", () => {
  const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  assert.deepEqual(kindOf("clip.mp4", png), { type: "picture", format: "png" });
  const matroska = Uint8Array.of(0x1a, 0x45, 0xdf, 0xa3);
  assert.deepEqual(kindOf("photo.jpg", matroska), { type: "video", format: "matroska" });
  const words = new TextEncoder().encode("words");
  assert.equal(kindOf("clip.mp4", words).type, "video");
  assert.equal(kindOf("notes.txt", words).type, "picture");
});

Deno.test("what cameras and broadcasters write is told without its name", () => {
  const packet = (stamp: number) => [...new Array(stamp).fill(7), 0x47, ...new Array(187).fill(1)];
  const started = (...start: number[]) => [...start, ...new Array(400).fill(200)];
  const heads: [string, number[]][] = [
    ["mpegts", [...packet(0), ...packet(0)]],
    ["mpegts", [...packet(4), ...packet(4)]],
    ["mxf", started(0x06, 0x0e, 0x2b, 0x34)],
    ["asf", started(0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11)],
  ];
  for (const [format, head] of heads) {
    for (const name of ["stdin", "clip.jpg"]) {
      assert.deepEqual(kindOf(name, Uint8Array.from(head)), { type: "video", format });
    }
  }
  assert.equal(kindOf("a.png", Uint8Array.from([...packet(4), ...started()])).type, "picture");
});

Deno.test("unknown bytes are a picture's by ending only, or where there is no name", () => {
  const bytes = Uint8Array.of(0, 159, 146, 150);
  assert.equal(kindOf("clip.dv", bytes).type, "video");
  assert.equal(kindOf("photo.jpg", bytes).type, "picture");
  assert.equal(kindOf("stdin", bytes).type, "picture");
  const empty = new Uint8Array();
  assert.equal(kindOf("clip.dv", empty).type, "picture");
});

Deno.test("a video keeps its container where that can be written", () => {
  assert.equal(containerEnding("a/b.MOV", "mp4"), "mov");
  assert.equal(containerEnding("a/b.webm", "matroska"), "webm");
  assert.equal(containerEnding("a/b.avi", "avi"), "mkv");
  assert.equal(containerEnding("a/stdin", "mp4"), "mp4");
});
