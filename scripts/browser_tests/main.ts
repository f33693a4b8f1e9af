/**
 * Runs the kernel and golden suites in headless Chromium.
 *
 * Usage: `deno task test:browser [TEXT]`, with a text only the tests that have it in their names.
 *
 * @module
 */
import { join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { findChromium } from "../chromium.ts";
import { makeBundles, NODE_MODULES } from "./bundles.ts";
import type { PageResult } from "./run_in_page.ts";

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

function page(): Response {
  const imports = Object.fromEntries(
    Object.keys(NODE_MODULES).map((name) => [name, `/scripts/${encodeURIComponent(name)}`]),
  );
  return new Response(
    // The browser version of Node's assertions looks for process.env.
    `<!doctype html><title>Tests</title><script>var process = { env: {} };</script>
<script type="importmap">${JSON.stringify({ imports })}</script>`,
    { headers: { "content-type": "text/html" } },
  );
}

async function answer(request: Request, scripts: ReadonlyMap<string, string>): Promise<Response> {
  const path = decodeURIComponent(new URL(request.url).pathname);
  if (path === "/") return page();
  const script = scripts.get(path.replace(/^\/scripts\//, ""));
  if (script !== undefined) return new Response(script, SCRIPT);
  const file = normalize(path.replace(/^\/files\//, ""));
  if (!file.startsWith("fixtures/")) return new Response(null, { status: 404 });
  return new Response(await Deno.readFile(join(root, file)));
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function runInBrowser(address: string, filter: string): Promise<number> {
  const browser = await chromium.launch({ executablePath: await findChromium(), args: FLAGS });
  try {
    const tab = await browser.newPage();
    const counts = { passed: 0, failed: 0 };
    await tab.exposeFunction("report", ({ name, milliseconds, error }: PageResult) => {
      counts[error === undefined ? "passed" : "failed"]++;
      print(`${name} ... ${error === undefined ? "ok" : "FAILED"} (${milliseconds} ms)`);
      if (error !== undefined) print(error);
    });
    await tab.goto(address);
    await tab.evaluate(
      `import("/scripts/tests").then(({ runAll }) => runAll(${JSON.stringify(filter)}, report))`,
    );
    print(`${browser.version()}: ${counts.passed} passed, ${counts.failed} failed`);
    return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
  } finally {
    await browser.close();
  }
}

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
  Deno.exitCode = await runInBrowser(`http://localhost:${server.addr.port}/`, Deno.args[0] ?? "");
} finally {
  await server.shutdown();
}
