/** Scripts that the page loads: the test files of the packages, and the modules of Node they use. */
import { join, relative } from "node:path";

const TESTS = "packages";
const GOLDEN = "fixtures/golden";
/** What reads or writes files in ways that pages cannot, which only Deno runs. */
const FOR_DENO_ALONE = [
  "packages/media",
  "packages/checkpoint/src/file_source_test.ts",
  "packages/checkpoint/src/hub",
  "packages/checkpoint/src/open_checkpoint_test.ts",
  // Point clouds, which media reads; the kind loads that package when it is run.
  "fixtures/golden/dsvt/formats/expected.safetensors",
];
const FRONT_DOORS = "scripts/browser_tests/front_doors";

/** Browser versions of the Node modules that tests import, by specifier. */
export const NODE_MODULES: Readonly<Record<string, string>> = {
  "node:assert/strict": 'import assert from "assert";\nexport default assert.strict;\n',
  "node:path": 'export { basename, dirname, join } from "path-browserify";\n',
  "node:url":
    "export const fileURLToPath = (address: URL | string) => new URL(address).pathname;\n",
};

/** Files below a folder of the project that a page can use, by their paths from its root. */
function* filesIn(root: string, folder: string, ending: string): Generator<string> {
  if (FOR_DENO_ALONE.includes(folder)) return;
  for (const { name, isDirectory } of Deno.readDirSync(join(root, folder))) {
    const path = `${folder}/${name}`;
    if (isDirectory) yield* filesIn(root, path, ending);
    else if (name.endsWith(ending) && !FOR_DENO_ALONE.includes(path)) yield path;
  }
}

/**
 * The packages of models whose public entries are tried, in order.
 *
 * @param root The project's folder.
 * @returns Paths of the modules that try them, from the root, by the names of the packages.
 */
export function frontDoors(root: string): Map<string, string> {
  const paths = [...filesIn(root, FRONT_DOORS, ".ts")].sort();
  return new Map(paths.map((path) => [path.slice(FRONT_DOORS.length + 1, -".ts".length), path]));
}

function testsText(root: string, folder: string): string {
  const address = (path: string) => JSON.stringify(relative(folder, join(root, path)));
  const tests = [...filesIn(root, TESTS, "_test.ts")].sort();
  const golden = [...filesIn(root, GOLDEN, ".safetensors")].sort();
  return [
    `import ${address("scripts/browser_tests/deno_in_page.ts")};`,
    ...tests.map((path) => `import ${address(path)};`),
    `import { registerGolden } from ${address("scripts/browser_tests/golden_in_page.ts")};`,
    `export { runAll } from ${address("scripts/browser_tests/run_in_page.ts")};`,
    `registerGolden(${JSON.stringify(golden)});`,
    "",
  ].join("\n");
}

async function bundle(text: string, folder: string, name: string): Promise<string> {
  const entry = join(folder, `${name}.ts`);
  const output = join(folder, `${name}.js`);
  await Deno.writeTextFile(entry, text);
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--platform", "browser", "--external", "@vicinity/media"],
      ...["--output", output, entry],
    ],
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
 * @returns The scripts: the tests under `tests`, each module of Node under its specifier, and what
 * tries a package under its path.
 */
export async function makeBundles(root: string, folder: string): Promise<Map<string, string>> {
  const texts: [name: string, text: string][] = [
    ["tests", testsText(root, folder)],
    ...Object.entries(NODE_MODULES),
    ...frontDoors(root).values().map((path): [string, string] => [
      path,
      `export { default } from ${JSON.stringify(relative(folder, join(root, path)))};\n`,
    ]),
  ];
  const scripts = new Map<string, string>();
  for (const [name, text] of texts) {
    scripts.set(name, await bundle(text, folder, name.replaceAll(/\W/g, "_")));
  }
  return scripts;
}
