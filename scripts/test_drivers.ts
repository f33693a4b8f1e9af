/**
 * Repeats the tests of all packages and the golden suite on SwiftShader, a software driver with four
 * lanes, stricter limits and other rounding than the one that the usual tests run on.
 *
 * @module
 */
import { readArguments } from "./arguments.ts";
import { swiftShader } from "./chromium.ts";
import { SUITES, testCommand } from "./typical_errors/suites.ts";

const USAGE = `deno task test:drivers [FILE|FOLDER...]

Repeats tests on SwiftShader; without paths those of all packages and the golden suite.`;

const { positionals: paths } = readArguments(USAGE, {}, Infinity);
const command = testCommand("check", paths.length > 0 ? paths : SUITES, {
  env: await swiftShader(),
});
const { code } = await command.spawn().status;
Deno.exitCode = code;
