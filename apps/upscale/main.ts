/**
 * Makes videos and pictures larger and sharper.
 *
 * @module
 */
import { runCommand } from "@vicinity/cli";
import { upscaleCommand } from "./src/command.ts";

if (import.meta.main) Deno.exit(await runCommand(upscaleCommand));
