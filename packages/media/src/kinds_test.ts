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

Deno.test("a video keeps its container where that can be written", () => {
  assert.equal(containerEnding("a/b.MOV", "mp4"), "mov");
  assert.equal(containerEnding("a/b.webm", "matroska"), "webm");
  assert.equal(containerEnding("a/b.avi", "avi"), "mkv");
  assert.equal(containerEnding("a/stdin", "mp4"), "mp4");
});
