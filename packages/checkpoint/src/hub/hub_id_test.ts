import assert from "node:assert/strict";
import { join } from "node:path";
import { hubCacheFolder } from "./cache_folder.ts";
import { hubIdText, parseHubId } from "./hub_id.ts";

Deno.test("ids are read with revision and file, and written the same", () => {
  for (
    const text of [
      "hf:owner/name",
      "hf:owner/name@v1.0",
      "hf:owner/name@refs%2Fpr%2F1/deep/file.pth",
      "hf:o.w-n_er/n4me/a@b.bin",
    ]
  ) {
    const id = parseHubId(text);
    assert.equal(id && hubIdText(id), text);
  }
});

Deno.test("what could lead out of the cache or means nothing is no id", () => {
  for (
    const text of [
      "owner/name",
      "hf:name",
      "hf:owner/",
      "hf:../name",
      "hf:owner/..",
      "hf:owner/a--b",
      "hf:owner/name@",
      "hf:owner/name@..",
      "hf:owner/name@%2Fx",
      "hf:owner/name@%",
      "hf:owner/name/../x",
      "hf:owner/name/a//b",
      "hf:owner/name/",
      "hf:owner/name/a\\b",
    ]
  ) assert.equal(parseHubId(text), undefined, text);
});

Deno.test("the cache is where the user wants it", () => {
  const folder = (entries: Record<string, string>) => hubCacheFolder((name) => entries[name]);
  assert.equal(folder({ VICINITY_CACHE: "/a", XDG_CACHE_HOME: "/b", HOME: "/c" }), "/a");
  assert.equal(folder({ XDG_CACHE_HOME: "/b", HOME: "/c" }), join("/b", "vicinity"));
  assert.equal(folder({ XDG_CACHE_HOME: "b", HOME: "/c" }), join("/c", ".cache", "vicinity"));
  assert.equal(folder({}), undefined);
});
