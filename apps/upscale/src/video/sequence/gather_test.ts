import assert from "node:assert/strict";
import type { Input } from "@vicinity/cli";
import { gaps, gatherSequences } from "./gather.ts";

function inputs(...paths: string[]): Input[] {
  return paths.map((path) => ({
    path,
    shown: path,
    subfolder: path.startsWith("/a/b/") ? "b" : "",
  }));
}

Deno.test("the pictures of each folder are one input, videos stay what they are", () => {
  const found = inputs("/a/1.png", "/a/clip.mp4", "/a/2.PNG", "/a/b/1.jpg");
  const gathered = gatherSequences(found).map(({ path, subfolder, members }) => [
    path,
    subfolder,
    members?.map((member) => member.path).join(),
  ]);
  assert.deepEqual(gathered, [
    ["/a", "", "/a/1.png,/a/2.PNG"],
    ["/a/clip.mp4", "", undefined],
    ["/a/b", ".", "/a/b/1.jpg"],
  ]);
});

Deno.test("frames are in natural order however they were named, and the film of before is no input", () => {
  const found = inputs("/a/1.png", "/a/10.png", "/a/2.png", "/a/film.mp4", "/a/other.mp4");
  const gathered = gatherSequences(found, "/a/film.mp4");
  assert.deepEqual(gathered.map(({ path }) => path), ["/a", "/a/other.mp4"]);
  const names = gathered[0]?.members?.map(({ path }) => path);
  assert.deepEqual(names, ["/a/1.png", "/a/2.png", "/a/10.png"]);
});

Deno.test("without pictures there is nothing to gather", () => {
  assert.throws(() => gatherSequences(inputs("/a/clip.mp4")), { code: "NO_INPUT" });
});

Deno.test("missing numbers are told", () => {
  assert.deepEqual(gaps(inputs("/a/f1.png", "/a/f2.png")), []);
  assert.deepEqual(gaps(inputs("/a/dawn.png", "/a/noon.png")), []);
  assert.deepEqual(gaps(inputs("/a/x2_009.png", "/a/x2_011.png", "/a/x2_020.png")), [
    "frame 10 is missing: x2_011.png follows x2_009.png",
    "frames 12 to 19 are missing: x2_020.png follows x2_011.png",
  ]);
});

Deno.test("numbers in tens have no gaps, and many gaps are folded", () => {
  assert.deepEqual(gaps(inputs("/a/10.png", "/a/20.png", "/a/30.png", "/a/50.png")), [
    "frame 40 is missing: 50.png follows 30.png",
  ]);
  const numbers = Array.from({ length: 24 }, (_, index) => index).filter((it) => it % 3 !== 2);
  const told = gaps(inputs(...numbers.map((number) => `/a/${number}.png`)));
  assert.deepEqual([told.length, told.at(-1)], [6, "frames are missing in 2 more places"]);
});
