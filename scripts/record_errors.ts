/**
 * Records how far results usually lie from their references; see `fixtures/typical_errors/README.md`.
 *
 * @module
 */
import { readArguments } from "./arguments.ts";
import { swiftShader } from "./chromium.ts";
import { SUITES, testCommand } from "./typical_errors/suites.ts";

const USAGE = `deno task record:errors [FILE|FOLDER...] [--swiftshader]

Runs tests and records the largest error of each kind of comparison for the adapter that is here, or
for SwiftShader; without paths those of all packages and the golden suite.`;

const { values: options, positionals: paths } = readArguments(USAGE, {
  swiftshader: { type: "boolean", default: false },
}, Infinity);
const command = testCommand("record", paths.length > 0 ? paths : SUITES, {
  env: options.swiftshader ? await swiftShader() : {},
});
const { code } = await command.spawn().status;
Deno.exitCode = code;
