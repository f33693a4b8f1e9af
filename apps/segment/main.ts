/**
 * Says of every pixel of pictures and videos what it belongs to.
 *
 * @module
 */
import { runCommand } from "@vicinity/cli";
import { segmentCommand } from "./src/command.ts";

if (import.meta.main) Deno.exit(await runCommand(segmentCommand));
