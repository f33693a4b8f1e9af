/**
 * Runs the tests of all packages that pages can use, and the golden suite, in headless Chromium; and
 * loads the public entry of every model package in a page that has nothing of Deno or Node, where it
 * has to give what it gives in Deno.
 *
 * @module
 */
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import { readArguments } from "../arguments.ts";
import { findChromium } from "../chromium.ts";
import { frontDoors, makeBundles, NODE_MODULES } from "./bundles.ts";
import { FOLDER_HEADER, type FolderEntry } from "./folder_answer.ts";
import { difference, type FrontDoor, type Tried } from "./front_door.ts";
import type { PageResult } from "./run_in_page.ts";
import { print } from "../print.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
/** Flags that give a headless browser WebGPU on SwiftShader, and no traffic of its own. */
const FLAGS = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const SCRIPT = { headers: { "content-type": "text/javascript" } };
const PAGE = { headers: { "content-type": "text/html" } };
/** Folders that pages may read. */
const SERVED = /^(fixtures|models)\//;

/** A page with what the test files need of Node. */
function testPage(): Response {
  const imports = Object.fromEntries(
    Object.keys(NODE_MODULES).map((name) => [name, `/scripts/${encodeURIComponent(name)}`]),
  );
  return new Response(
    // The browser version of Node's assertions looks for process.env.
    `<!doctype html><title>Tests</title><script>var process = { env: {} };</script>
<script type="importmap">${JSON.stringify({ imports })}</script>`,
    PAGE,
  );
}

async function fileOrFolder(path: string): Promise<Response> {
  const file = normalize(path);
  if (!SERVED.test(file)) return new Response(null, { status: 404 });
  try {
    if ((await Deno.stat(join(root, file))).isFile) {
      return new Response(await Deno.readFile(join(root, file)));
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Response(null, { status: 404 });
    throw error;
  }
  const entries: FolderEntry[] = await Array.fromAsync(Deno.readDir(join(root, file)));
  return Response.json(entries, { headers: { [FOLDER_HEADER]: "yes" } });
}

async function answer(request: Request, scripts: ReadonlyMap<string, string>): Promise<Response> {
  const path = decodeURIComponent(new URL(request.url).pathname);
  if (path === "/tests") return testPage();
  if (path === "/") return new Response("<!doctype html><title>A page</title>", PAGE);
  const script = scripts.get(path.replace(/^\/scripts\//, ""));
  if (script !== undefined) return new Response(script, SCRIPT);
  return await fileOrFolder(path.replace(/^\/files\//, ""));
}

/** What a package gives in a page that has only this script. */
async function tryInPage(browser: Browser, address: string, path: string): Promise<Tried> {
  const tab = await browser.newPage();
  try {
    await tab.goto(address);
    return await tab.evaluate<Tried>(
      `import(${JSON.stringify(`/scripts/${path}`)}).then((script) =>
         script.default(async (path) => await (await fetch("/files/" + path)).bytes()))`,
    );
  } finally {
    await tab.close();
  }
}

async function tryPackage(browser: Browser, address: string, path: string): Promise<void> {
  const { default: run }: { default: FrontDoor } = await import(join(root, path));
  const expected = await run((file) => Deno.readFile(join(root, file)));
  const wrong = difference(await tryInPage(browser, address, path), expected);
  if (wrong !== undefined) throw new Error(wrong);
}

type Report = (result: PageResult) => void;

async function tryPackages(
  browser: Browser,
  address: string,
  filter: string,
  report: Report,
): Promise<void> {
  for (const [packageName, path] of frontDoors(root)) {
    const name = `@vicinity/${packageName} gives in a page what it gives in Deno`;
    if (!name.includes(filter)) continue;
    const start = performance.now();
    const error = await tryPackage(browser, address, path).then(() => undefined, String);
    const milliseconds = Math.round(performance.now() - start);
    report(error === undefined ? { name, milliseconds } : { name, milliseconds, error });
  }
}

async function runInBrowser(address: string, filter: string): Promise<number> {
  const browser = await chromium.launch({ executablePath: await findChromium(), args: FLAGS });
  const counts = { passed: 0, failed: 0 };
  const report = ({ name, milliseconds, error }: PageResult): void => {
    counts[error === undefined ? "passed" : "failed"]++;
    print(`${name} ... ${error === undefined ? "ok" : "FAILED"} (${milliseconds} ms)`);
    if (error !== undefined) print(error);
  };
  try {
    await tryPackages(browser, address, filter, report);
    const tab = await browser.newPage();
    await tab.exposeFunction("report", report);
    await tab.goto(`${address}tests`);
    await tab.evaluate(
      `import("/scripts/tests").then(({ runAll }) => runAll(${JSON.stringify(filter)}, report))`,
    );
    print(`${browser.version()}: ${counts.passed} passed, ${counts.failed} failed`);
    return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
  } finally {
    await browser.close();
  }
}

const { positionals: [text = ""] } = readArguments(
  `deno task test:browser [TEXT]

Runs the tests of the packages in headless Chromium; with a text only those that have it in their
names.`,
  {},
  1,
);
const folder = await Deno.makeTempDir({ dir: root, prefix: ".browser-tests-" });
const server = await makeBundles(root, folder)
  .then((scripts) =>
    Deno.serve(
      { hostname: "localhost", port: 0, onListen: () => {} },
      (request) => answer(request, scripts),
    )
  )
  .finally(() => Deno.remove(folder, { recursive: true }));
try {
  Deno.exitCode = await runInBrowser(`http://localhost:${server.addr.port}/`, text);
} finally {
  await server.shutdown();
}
