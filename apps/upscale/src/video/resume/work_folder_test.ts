import { CliError } from "@vicinity/cli";
import assert from "node:assert/strict";
import { join } from "node:path";
import type { Settings } from "./state.ts";
import { WorkFolder } from "./work_folder.ts";

const SETTINGS: Settings = { crf: 16, codec: null, compare: false };

function fails(code: string, message: RegExp) {
  return (error: unknown) =>
    error instanceof CliError && error.code === code && message.test(error.message) &&
    /--restart/.test(error.hint ?? "");
}

/** Gives a test a target and the folder of its parts, of which two are finished. */
async function withParts(body: (target: string, folder: string) => Promise<void>): Promise<void> {
  const home = await Deno.makeTempDir();
  const target = join(home, "a.mp4");
  try {
    {
      using work = await WorkFolder.open(target, SETTINGS, false);
      for (const index of [0, 1]) {
        const name = work.nameOf(index, "mp4");
        await Deno.writeTextFile(work.pathOf(name), `part ${index}`);
        await work.finish(index, 7, [name]);
      }
    }
    await body(target, `${target}.work`);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}

async function framesAt(target: string, settings: Settings, restart = false): Promise<number> {
  using work = await WorkFolder.open(target, settings, restart);
  return work.frames;
}

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}

Deno.test("finished parts are found again, and what is left over of others goes away", () =>
  withParts(async (target, folder) => {
    for (const name of [".00002.mp4.0a1b2c3d.part", "00002.mp4", "joined.mp4", "notes.txt"]) {
      await Deno.writeTextFile(join(folder, name), "unfinished");
    }
    using work = await WorkFolder.open(target, SETTINGS, false);
    assert.equal(work.frames, 14);
    assert.deepEqual(work.part(1)?.files, [{ name: "00001.mp4", bytes: 6 }]);
    const names = ["00000.mp4", "00001.mp4", "lock", "notes.txt", "state.json"];
    assert.deepEqual(namesIn(folder), names);
    await work.remove();
    assert.deepEqual(namesIn(folder), ["notes.txt"]);
  }));

Deno.test("a part whose file is gone or has another length is made again", () =>
  withParts(async (target, folder) => {
    await Deno.truncate(join(folder, "00001.mp4"), 3);
    {
      using cut = await WorkFolder.open(target, SETTINGS, false);
      assert.deepEqual([cut.part(0)?.frames, cut.part(1)], [7, undefined]);
    }
    await Deno.remove(join(folder, "00000.mp4"));
    assert.equal(await framesAt(target, SETTINGS), 0);
  }));

Deno.test("parts of other settings are refused by what differs, unless they are thrown away", () =>
  withParts(async (target, folder) => {
    const other = { ...SETTINGS, crf: 20, codec: "libx265" };
    const message = /crf was 16, now 20; codec was not given, now libx265$/;
    await assert.rejects(
      WorkFolder.open(target, other, false),
      fails("RESUME_MISMATCH", message),
    );
    assert.equal(await framesAt(target, SETTINGS), 14);
    assert.equal(await framesAt(target, other, true), 0);
    assert.deepEqual(namesIn(folder), ["lock", "state.json"]);
  }));

Deno.test("settings that led to no part do not bind the next run", () =>
  withParts(async (target, folder) => {
    for (const name of ["00000.mp4", "00001.mp4"]) await Deno.remove(join(folder, name));
    assert.equal(await framesAt(target, { ...SETTINGS, crf: 20 }), 0);
  }));

Deno.test("one run at a time has the parts of a result", () =>
  withParts(async (target) => {
    {
      using _first = await WorkFolder.open(target, SETTINGS, false);
      await assert.rejects(WorkFolder.open(target, SETTINGS, false), /another run is at work/);
    }
    assert.equal(await framesAt(target, SETTINGS), 14);
  }));

Deno.test("a damaged record of parts is refused, unless they are thrown away", () =>
  withParts(async (target, folder) => {
    const text = await Deno.readTextFile(join(folder, "state.json"));
    const outside = text.replace("00000.mp4", "../00000.mp4");
    for (const damaged of ["", text.slice(0, -9), '{"schema":2}', outside]) {
      await Deno.writeTextFile(join(folder, "state.json"), damaged);
      await assert.rejects(
        WorkFolder.open(target, SETTINGS, false),
        fails("RESUME_DAMAGED", /damaged/),
      );
    }
    assert.equal(await framesAt(target, SETTINGS, true), 0);
  }));
