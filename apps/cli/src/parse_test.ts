import assert from "node:assert/strict";
import { CliError } from "./errors.ts";
import { choice, flag, level, list, number, text } from "./options.ts";
import { parseCommandLine } from "./parse.ts";

const table = {
  scale: number({ help: "factor", short: "s", min: 1, max: 8, default: 2 }),
  out: text({ help: "target", short: "o" }),
  audio: choice({ help: "sound", of: ["copy", "none"], default: "copy" }),
  keep: flag({ help: "keep", default: true }),
  verbose: level({ help: "more", short: "v" }),
  recursive: flag({ help: "deep", short: "r" }),
  ext: list({ help: "extensions" }),
};

function usage(message: RegExp, hint?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof CliError);
    assert.equal(error.code, "USAGE");
    assert.match(error.message, message);
    if (hint !== undefined) assert.match(error.hint ?? "", hint);
    return true;
  };
}

Deno.test("a command line gives values by table and the rest as inputs", () => {
  const parsed = parseCommandLine(["-rv", "a.png", "--scale=3", "-o", "-", "--no-keep"], table);
  assert.deepEqual(parsed.inputs, ["a.png"]);
  assert.deepEqual(parsed.values, {
    scale: 3,
    out: "-",
    audio: "copy",
    keep: false,
    verbose: 1,
    recursive: true,
    ext: [],
  });
  assert.deepEqual([...parsed.given].sort(), ["keep", "out", "recursive", "scale", "verbose"]);
});

Deno.test("a level counts how often it was given, joined or not, and the command line wins", () => {
  const levels: [string[], Record<string, string>, number][] = [
    [[], {}, 0],
    [["-vv"], {}, 2],
    [["-rv", "--verbose"], {}, 2],
    [["-vrv", "-v"], {}, 3],
    [[], { verbose: "true" }, 1],
    [[], { verbose: "2" }, 2],
    [["-v"], { verbose: "2" }, 1],
    [["-vv", "--no-verbose"], {}, 0],
  ];
  for (const [args, config, expected] of levels) {
    assert.equal(parseCommandLine(args, table, config).values.verbose, expected, args.join(" "));
  }
  assert.throws(() => parseCommandLine(["--verbose=2"], table), usage(/takes no value/));
  assert.throws(() => parseCommandLine([], table, { verbose: "much" }), usage(/takes no value/));
});

Deno.test("one leading -- is dropped and a later one ends the options", () => {
  const parsed = parseCommandLine(["--", "-s", "4", "--", "-x.png"], table);
  assert.equal(parsed.values.scale, 4);
  assert.deepEqual(parsed.inputs, ["-x.png"]);
});

Deno.test("an unknown option is an error that suggests the near one", () => {
  assert.throws(() => parseCommandLine(["--scal", "2"], table), usage(/--scal/, /--scale/));
  assert.throws(() => parseCommandLine(["--no-scale"], table), usage(/unknown option/));
  assert.throws(() => parseCommandLine(["-z"], table), usage(/-z/, /--help/));
});

Deno.test("values out of range, of another kind or missing are errors that show them", () => {
  assert.throws(() => parseCommandLine(["-s", "9"], table), usage(/between 1 and 8.*"9"/));
  assert.throws(() => parseCommandLine(["-s", ""], table), usage(/number/));
  assert.throws(() => parseCommandLine(["--audio", "mp3"], table), usage(/copy, none/));
  assert.throws(() => parseCommandLine(["--out"], table), usage(/needs a value/));
  assert.throws(() => parseCommandLine(["-o", "--keep"], table), usage(/option --keep/, /=--keep/));
  assert.throws(() => parseCommandLine(["--keep=yes"], table), usage(/takes no value/));
});

Deno.test("a configuration file sets what the command line leaves open", () => {
  const parsed = parseCommandLine(["-s", "4"], table, { scale: "3", ext: "png, jpg" });
  assert.equal(parsed.values.scale, 4);
  assert.deepEqual(parsed.values.ext, ["png", "jpg"]);
  assert.throws(() => parseCommandLine([], table, { skale: "3" }), usage(/skale/, /scale/));
});
