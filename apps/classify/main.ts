/**
 * Says what pictures show.
 *
 * @module
 */
import { runCommand } from "@vicinity/cli";
import { classifyCommand } from "./src/command.ts";

if (import.meta.main) Deno.exit(await runCommand(classifyCommand));
