/**
 * Prints the programs that commands may run, for `--allow-run` in the tasks of deno.json: ffmpeg and ffprobe
 * from PATH, those that `FFMPEG_BIN` and `FFPROBE_BIN` name, and those of the npm package ffmpeg-static.
 *
 * @module
 */
import { dirname } from "node:path";

const windows = Deno.build.os === "windows" ? ".exe" : "";
const programs = ["ffmpeg", "ffprobe"];
for (const name of ["FFMPEG_BIN", "FFPROBE_BIN"]) {
  const program = Deno.env.get(name);
  if (program) programs.push(program);
}
const named = Deno.env.get("FFMPEG_BIN");
const folders = foldersAbove(import.meta.dirname).map((it) => `${it}/node_modules/ffmpeg-static`);
if (named) folders.push(named.replace(/[/\\][^/\\]*$/, ""));
for (const folder of folders) {
  for (const name of ["ffmpeg", "ffprobe"]) {
    const path = `${folder}/${name}${windows}`;
    if (await Deno.stat(path).then(({ isFile }) => isFile, () => false)) programs.push(path);
  }
}

/** A folder and all that it lies in. */
function foldersAbove(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  const parent = dirname(folder);
  return parent === folder ? [folder] : [folder, ...foldersAbove(parent)];
}

Deno.stdout.writeSync(new TextEncoder().encode([...new Set(programs)].join(",")));
