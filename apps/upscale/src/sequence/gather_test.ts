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
