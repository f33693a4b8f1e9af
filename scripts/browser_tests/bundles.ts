/** Scripts that the page loads: the test files of the packages, and the modules of Node they use. */
import { join, relative } from "node:path";

/** Packages whose tests use nothing but WebGPU. */
const PACKAGES = ["packages/tensor", "packages/attention", "packages/vision"];
const GOLDEN = "fixtures/golden";

/** Browser versions of the Node modules that tests import, by specifier. */
export const NODE_MODULES: Readonly<Record<string, string>> = {
  "node:assert/strict": 'import assert from "assert";\nexport default assert.strict;\n',
  "node:path": 'export { basename, dirname, join } from "path-browserify";\n',
  "node:url":
    "export const fileURLToPath = (address: URL | string) => new URL(address).pathname;\n",
};

function* filesIn(folder: string, ending: string): Generator<string> {
  for (const { name, isDirectory } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path, ending);
    else if (name.endsWith(ending)) yield path;
  }
}

function entryText(root: string, folder: string): string {
  const here = join(root, "scripts", "browser_tests");
  const address = (path: string) => JSON.stringify(relative(folder, path));
  const tests = PACKAGES.flatMap((name) => [...filesIn(join(root, name), "_test.ts")]).sort();
  const golden = [...filesIn(join(root, GOLDEN), ".safetensors")].map((path) =>
    relative(root, path)
  );
  return [
    `import ${address(join(here, "deno_in_page.ts"))};`,
    ...tests.map((path) => `import ${address(path)};`),
    `import { registerGolden } from ${address(join(here, "golden_in_page.ts"))};`,
    `export { runAll } from ${address(join(here, "run_in_page.ts"))};`,
    `registerGolden(${JSON.stringify(golden.sort())});`,
    "",
  ].join("\n");
}

async function bundle(text: string, folder: string, name: string): Promise<string> {
  const entry = join(folder, `${name}.ts`);
  const output = join(folder, `${name}.js`);
  await Deno.writeTextFile(entry, text);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["bundle", "--quiet", "--platform", "browser", "--output", output, entry],
    stdin: "null",
  }).output();
  if (!success) throw new Error(`Cannot bundle ${name}: ${new TextDecoder().decode(stderr)}`);
  return await Deno.readTextFile(output);
}

/**
 * Bundles everything.
 *
 * @param root The project's folder.
 * @param folder Where the entry files may be written; it lies inside the project.
 * @returns The scripts: the tests under `tests`, and each module of Node under its specifier.
 */
export async function makeBundles(root: string, folder: string): Promise<Map<string, string>> {
  const scripts = new Map([["tests", await bundle(entryText(root, folder), folder, "tests")]]);
  for (const [specifier, text] of Object.entries(NODE_MODULES)) {
    scripts.set(specifier, await bundle(text, folder, specifier.replaceAll(/\W/g, "_")));
  }
  return scripts;
}
