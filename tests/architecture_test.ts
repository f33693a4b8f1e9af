import assert from "node:assert/strict";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../", import.meta.url));
const MODELS = ["dinat", "favit", "dsvt", "relayformer", "simplegvr"];

/** What each package may import of ours; tensor is the floor and imports nothing. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  tensor: [],
  attention: ["tensor"],
  vision: ["tensor", "attention", "checkpoint"],
  checkpoint: ["tensor"],
  media: [],
};
const MODEL_IMPORTS = ["tensor", "attention", "vision", "checkpoint"];

interface Source {
  readonly path: string;
  readonly text: string;
}

function sources(folders: readonly string[], endings: readonly string[]): Source[] {
  const found: Source[] = [];
  const visit = (folder: string): void => {
    for (const entry of Deno.readDirSync(folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory && !entry.name.startsWith(".")) visit(path);
      else if (entry.isFile && endings.some((ending) => entry.name.endsWith(ending))) {
        found.push({ path: relative(root, path), text: Deno.readTextFileSync(path) });
      }
    }
  };
  for (const folder of folders) {
    try {
      visit(`${root}${folder}`);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return found;
}

const code = sources(["packages", "apps", "scripts", "tests"], [".ts"]);

Deno.test("no file name says only that its content helps", () => {
  const vague = code.filter(({ path }) => /(^|\/)(utils?|helpers?)\.ts$/.test(path));
  assert.deepEqual(vague.map(({ path }) => path), []);
});

Deno.test("no unfinished marks are left in the sources", () => {
  const marks = new RegExp(
    `\\b(${["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"].join("|")})\\b`,
  );
  const marked = code.filter(({ text }) => marks.test(text)).map(({ path }) => path);
  assert.deepEqual(marked, []);
});

Deno.test("mod.ts holds re-exports and the package comment only", () => {
  for (const { path, text } of code.filter(({ path }) => /^packages\/\w+\/mod\.ts$/.test(path))) {
    const rest = text
      .replace(/\/\*[\s\S]*?\*\//g, "")
      .replace(/export\s+(type\s+)?\{[^}]*\}\s+from\s+"[^"]+";/g, "")
      .replace(/export\s+\*\s+(as\s+\w+\s+)?from\s+"[^"]+";/g, "")
      .replace(/^\s*\/\/.*$/gm, "");
    assert.equal(rest.trim(), "", `${path} holds more than re-exports`);
  }
});

Deno.test("packages import only what lies below them, and through its front door", () => {
  for (const { path, text } of code) {
    const owner = /^packages\/(\w+)\//.exec(path)?.[1];
    if (owner === undefined || /_(test|bench)\.ts$/.test(path)) continue;
    const allowed = MODELS.includes(owner) ? MODEL_IMPORTS : ALLOWED[owner];
    assert.ok(allowed !== undefined, `the package ${owner} has no place in the architecture`);
    const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, "");
    for (const [, name] of withoutComments.matchAll(/from\s+"@vicinity\/([^"]+)"/g)) {
      assert.ok(
        name !== undefined && (name === owner || allowed.includes(name.split("/")[0] ?? "")),
        `${path} must not import @vicinity/${name}`,
      );
    }
    assert.ok(
      !/from\s+"(\.\.\/)+(packages|apps|scripts|tests)\//.test(text),
      `${path} reaches out`,
    );
  }
});

Deno.test("every package of models has its files in the same roles, and the commands know it", () => {
  const listed = Deno.readTextFileSync(`${root}apps/cli/src/packages.ts`);
  for (const model of MODELS) {
    for (const file of ["config.ts", "describe.ts", "model.ts", "package.ts"]) {
      const path = `packages/${model}/src/${file}`;
      assert.ok(code.some((source) => source.path === path), `${path} is missing`);
    }
    assert.ok(listed.includes(`from "@vicinity/${model}"`), `no command knows ${model}`);
  }
});

Deno.test("commands do not choose models by the package that they are of", () => {
  for (const { path, text } of code.filter(({ path }) => path.startsWith("apps/"))) {
    if (path === "apps/cli/src/packages.ts" || path.endsWith("_test.ts")) continue;
    // What is particular to scans and to manipulation is shown with types and parts of their packages.
    assert.ok(!/from "@vicinity\/(dinat|favit|simplegvr)"/.test(text), `${path} names a package`);
  }
});

Deno.test("packages that run in browsers use neither Deno nor node modules", () => {
  const safe = ["tensor", "attention", "vision", ...MODELS];
  for (const { path, text } of code) {
    const owner = /^packages\/(\w+)\//.exec(path)?.[1];
    const inTests = /_(test|bench)\.ts$/.test(path) || path.includes("/testing/");
    if (owner === undefined || !safe.includes(owner) || inTests) continue;
    const withoutComments = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
    assert.ok(!/\bDeno\.|from\s+"node:/.test(withoutComments), `${path} is not browser-safe`);
  }
});

Deno.test("only the command download uses the network", () => {
  for (const { path, text } of code) {
    if (!/^(packages|apps)\//.test(path) || /_(test|bench)\.ts$/.test(path)) continue;
    if (path.startsWith("packages/checkpoint/src/hub/") || path.includes("/testing/")) continue;
    const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/\/\/.*$/gm, "");
    assert.ok(!/\b(fetch|connect|WebSocket)\(/.test(code), `${path} uses the network`);
    if (path.startsWith("apps/download/")) continue;
    assert.ok(!code.includes("@vicinity/checkpoint/download"), `${path} may download`);
  }
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${root}deno.json`));
  for (const [name, line] of Object.entries<string>(tasks)) {
    if (!line.includes(" apps/")) continue;
    assert.equal(/--allow-(net|all)|-A\b/.test(line), name === "download", name);
  }
});

Deno.test("scripts that are tasks explain their arguments and refuse others", () => {
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${root}deno.json`));
  for (const [name, line] of Object.entries<string>(tasks)) {
    const [, path] = / (scripts\/\S+\.ts)$/.exec(line) ?? [];
    const source = code.find((source) => source.path === path);
    if (source) assert.match(source.text, /readArguments\(/, `${name} takes what it is given`);
  }
});

Deno.test("of the system, commands ask only for what is free", () => {
  const asked: Readonly<Record<string, string>> = {
    classify: "=systemMemoryInfo",
    detect: "=statfs,systemMemoryInfo",
    doctor: "=systemMemoryInfo,statfs",
    segment: "=statfs,systemMemoryInfo",
    upscale: "=statfs,systemMemoryInfo",
  };
  const { tasks } = JSON.parse(Deno.readTextFileSync(`${root}deno.json`));
  for (const [name, line] of Object.entries<string>(tasks)) {
    if (!line.includes(" apps/")) continue;
    assert.equal(/--allow-sys(\S*)/.exec(line)?.[1], asked[name], name);
  }
});
