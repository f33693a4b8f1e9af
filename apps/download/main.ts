/**
 * Fetches models from a hub into the cache: the only command that uses the network.
 *
 * @module
 */
import { runDownloads } from "./src/run_downloads.ts";

if (import.meta.main) Deno.exit(await runDownloads(Deno.args));
