/**
 * Prints the folder of downloaded models, for `--allow-read` and `--allow-write` of the task `download` in
 * deno.json.
 *
 * @module
 */
import { resolve } from "node:path";
import { hubCacheFolder } from "../packages/checkpoint/src/hub/cache_folder.ts";

const folder = hubCacheFolder((name) => Deno.env.get(name));
// Without a folder the task says so itself, and needs no permission for that.
const path = folder === undefined ? "none" : resolve(Deno.env.get("INIT_CWD") ?? "/", folder);
Deno.stdout.writeSync(new TextEncoder().encode(path));
