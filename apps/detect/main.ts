/**
 * Finds things in pictures and videos.
 *
 * @module
 */
import { runCommand } from "@vicinity/cli";
import { detectCommand } from "./src/command.ts";

if (import.meta.main) Deno.exit(await runCommand(detectCommand));
