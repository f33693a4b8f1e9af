import assert from "node:assert/strict";

const root = new URL("../", import.meta.url);

/** Documents of the project, by their paths. */
function* documents(folder: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(new URL(folder, root))) {
    if (isDirectory && !name.startsWith(".")) yield* documents(`${folder}${name}/`);
    else if (isFile && name.endsWith(".md")) yield `${folder}${name}`;
  }
}

Deno.test("links in documents lead to files that there are", () => {
  const broken: string[] = [];
  for (const path of documents("./")) {
    const text = Deno.readTextFileSync(new URL(path, root));
    for (const [, target = ""] of text.matchAll(/\]\(([^)\s#]+)[^)]*\)/g)) {
      if (/^\w+:/.test(target)) continue;
      try {
        Deno.statSync(new URL(target, new URL(path, root)));
      } catch {
        broken.push(`${path}: ${target}`);
      }
    }
  }
  assert.deepEqual(broken, []);
});
