/**
 * Says what this machine has and lacks, and what to do about it.
 *
 * @module
 */
import {
  CliError,
  errorLines,
  flag,
  parseCommandLine,
  toCliError,
  writeStderr,
  writeStdout,
} from "@vicinity/cli";
import type { Finding } from "./src/finding.ts";
import { checkGpu } from "./src/gpu.ts";
import { checkMachine } from "./src/machine.ts";
import { checkMedia } from "./src/media.ts";
import { checkPermissions } from "./src/permissions.ts";
import { exitCodeOf, reportDocument, reportText } from "./src/report.ts";

const OPTIONS = {
  json: flag({ help: "print JSON" }),
  help: flag({ short: "h", help: "show this and end" }),
};
const HELP = "usage: deno task doctor [--json]\n" +
  "Checks Deno and what it allows, the graphics adapter, ffmpeg, the picture library, the models and the disk.\n";

/** What is not allowed cannot be looked at. */
async function examine(): Promise<readonly Finding[]> {
  const permissions = await checkPermissions();
  if (permissions.state === "problem") return [permissions];
  return [permissions, ...await checkMachine(), ...await checkGpu(), ...await checkMedia()];
}

async function main(): Promise<number> {
  try {
    const { values, inputs } = parseCommandLine(Deno.args, OPTIONS);
    if (values.help) {
      await writeStdout(HELP);
      return 0;
    }
    if (inputs.length > 0) {
      throw new CliError("USAGE", `doctor takes no input, got ${inputs[0]}`, {
        hint: "see --help",
      });
    }
    const findings = await examine();
    await writeStdout(
      values.json ? `${JSON.stringify(reportDocument(findings))}\n` : reportText(findings),
    );
    return exitCodeOf(findings);
  } catch (thrown) {
    const error = toCliError(thrown);
    writeStderr(`${errorLines(error).join("\n")}\n`);
    return error.exitCode;
  }
}

if (import.meta.main) Deno.exit(await main());
