import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage, probeVideo } from "@vicinity/media";
import { inFolder, namesIn, withCommand, writeClip, writePicture } from "./command_line.ts";

Deno.test("an existing result is kept, and replaced only when that is asked for", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    await Deno.mkdir(join(folder, "out"));
    const result = join(folder, "out", "a.x2.png");
    await Deno.writeTextFile(result, "mine");
    const kept = await upscale(["a.png"]);
    assert.equal(kept.code, 7, kept.stderr);
    assert.match(kept.stderr, /error\[OUTPUT_EXISTS\].*\n.*\n {2}hint: --overwrite/);
    assert.equal(await Deno.readTextFile(result), "mine");
    const replaced = await upscale(["a.png", "--overwrite"]);
    assert.equal(replaced.code, 0, replaced.stderr);
    assert.equal((await decodeImage(await Deno.readFile(result))).width, 16);
  });
});

Deno.test("an input is never replaced by its result", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const before = await Deno.readFile(join(folder, "a.png"));
    const ended = await upscale(["a.png", "-o", "a.png", "--overwrite"]);
    assert.equal(ended.code, 7, ended.stderr);
    assert.match(ended.stderr, /error\[OUTPUT_IN_INPUT\]/);
    assert.deepEqual(await Deno.readFile(join(folder, "a.png")), before);
  });
});

Deno.test("a folder that cannot be written to is told before any work is done", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    await writeClip(join(folder, "b.mp4"), 0.2);
    // Not even root can make a folder below a file.
    await Deno.writeTextFile(join(folder, "file"), "in the way");
    const ended = await upscale(["a.png", "b.mp4", "-o", "file/below"]);
    assert.equal(ended.code, 7, ended.stderr);
    assert.equal(ended.stderr.match(/error\[OUTPUT_DENIED\]: cannot write/g)?.length, 2);
    assert.doesNotMatch(ended.stderr, /GPU_SOFTWARE/);
    assert.deepEqual(namesIn(folder), ["a.png", "b.mp4", "file"]);
  });
});

Deno.test("pictures and videos pass through standard input and output", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const picture = await upscale(["-", "-o", "-"], {
      stdin: await Deno.readFile(join(folder, "a.png")),
    });
    assert.equal(picture.code, 0, picture.stderr);
    const { width, height } = await decodeImage(picture.stdout);
    assert.deepEqual([width, height], [16, 12]);

    await writeClip(join(folder, "b.mp4"), 0.4);
    const video = await upscale(["-", "-o", "-"], {
      stdin: await Deno.readFile(join(folder, "b.mp4")),
    });
    assert.equal(video.code, 0, video.stderr);
    await Deno.writeFile(join(folder, "c.mp4"), video.stdout);
    const info = await probeVideo(join(folder, "c.mp4"));
    assert.deepEqual([info.width, info.height, info.frames, info.audio.length], [96, 64, 10, 1]);
    assert.deepEqual(namesIn(folder), ["a.png", "b.mp4", "c.mp4"]);
  });
});

Deno.test("standard output takes one result and no JSON beside it", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    await writePicture(join(folder, "b.png"), 8, 6);
    for (
      const args of [["a.png", "b.png"], ["a.png", "--json"], ["a.png", "--compare"], []]
    ) {
      const ended = await upscale([...args, "-o", "-"]);
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, /^error\[(USAGE|NO_INPUT)\]/m);
    }
  });
});

Deno.test("the name of the result decides its format, and says so when it cannot", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    assert.equal((await upscale(["a.png", "-o", "b.webp"])).code, 0);
    assert.equal((await upscale(["a.png", "--format", "jpg"])).code, 0);
    const [webp, jpg] = await Promise.all(
      [join(folder, "b.webp"), join(folder, "out", "a.x2.jpg")].map(async (path) =>
        (await decodeImage(await Deno.readFile(path))).metadata.format
      ),
    );
    assert.deepEqual([webp, jpg], ["webp", "jpeg"]);
    const wrong = await upscale(["a.png", "-o", "b.mp4"]);
    assert.equal(wrong.code, 7, wrong.stderr);
    assert.match(wrong.stderr, /error\[IMAGE_ENCODE\]/);
  });
});

Deno.test("an input is passed over only when all of its results are there", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    assert.equal((await upscale(["a.png"])).code, 0);
    const more = await upscale(["a.png", "--compare", "--skip-existing"]);
    assert.equal(more.code, 0, more.stderr);
    assert.deepEqual(namesIn(join(folder, "out")).filter((name) => name.startsWith("a.")), [
      "a.x2.compare.png",
      "a.x2.png",
    ]);
    const again = await upscale(["a.png", "--compare", "--skip-existing"]);
    assert.match(again.stderr, /skipped/);
  });
});

Deno.test("a demonstration never replaces a file that the user named", async () => {
  await withCommand("segment", async (folder, segment) => {
    const mine = join(folder, "holiday.png");
    await Deno.writeTextFile(mine, "mine");
    const ended = await segment(["-o", "holiday.png"]);
    assert.equal(ended.code, 7, ended.stderr);
    assert.match(ended.stderr, /error\[OUTPUT_EXISTS\]/);
    assert.equal(await Deno.readTextFile(mine), "mine");
  });
});

Deno.test("progress as JSON leaves nothing but JSON on standard error", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    await Deno.writeTextFile(join(folder, "b.png"), "no picture");
    const ended = await upscale(["b.png", "a.png", "--progress", "json"]);
    // Drivers say what they like.
    const lines = ended.stderr.split("\n").filter((line) => !line.startsWith("error: XDG"));
    const events = lines.filter((line) => line !== "").map((line) => JSON.parse(line));
    const error = events.find(({ event }) => event === "error");
    const phases = new Map(
      events.filter(({ event }) => event === "progress").map((it) => [
        `${it.phase} ${it.unit}`,
        it,
      ]),
    );
    const expected = ["compile pipeline", "load byte", "run input", "run pixel", "write result"];
    assert.deepEqual([...phases.keys()].sort(), expected);
    for (const phase of ["load byte", "compile pipeline"]) {
      const { done, total } = phases.get(phase);
      assert.equal(done, total, phase);
    }
    assert.equal(ended.code, 3, ended.stderr);
    assert.equal(error.file, "b.png");
    assert.equal(typeof error.code, "string");
  });
});

Deno.test("a dry run says what would be done and writes nothing", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    await writePicture(join(folder, "wide.png"), 400, 300);
    const ended = await upscale(["a.png", "--dry-run", "--json", "--scale", "2.5"]);
    assert.equal(ended.code, 0, ended.stderr);
    const plan = JSON.parse(new TextDecoder().decode(ended.stdout));
    assert.equal(plan.status, "planned");
    const { work, disk, limits, ...rest } = plan.result;
    const target = join(folder, "out", "a.x2.5.png");
    assert.deepEqual(rest, { target, width: 20, height: 15, modelScale: 3 });
    assert.deepEqual([work.tiles, work.tile, work.window], [1, "8 x 6", 1]);
    assert.ok(work.memoryBytes > 0 && work.memoryBytes < limits.memoryBytes);
    assert.ok(limits.tensorBytes >= 2 ** 27);
    assert.equal(disk.neededBytes, 20 * 15 * 2);
    assert.ok(disk.freeBytes > disk.neededBytes);
    assert.deepEqual(plan.input, { path: "a.png", type: "png", width: 8, height: 6, frames: 1 });
    assert.deepEqual(namesIn(folder), ["a.png", "wide.png"]);
    const told = await upscale(["a.png", "--dry-run"]);
    assert.match(told.stderr, /^a\.png -> out\/a\.x2\.png: 16 x 12, model scale 2$/m);
    assert.match(told.stderr, /^ {2}work: tiles 1, .*, memory [\d.]+ [KM]iB$/m);
    const without = await upscale(["a.png", "--dry-run", "-w", "none.safetensors"]);
    assert.equal(without.code, 5, without.stderr);
    for (
      const [args, code] of [
        [["--max-memory", "0.02", "--scale", "4"], 6],
        [["-o", "a.png/b/c.png"], 7],
      ] as const
    ) {
      const refused = await upscale(["wide.png", "--dry-run", ...args]);
      assert.equal(refused.code, code, refused.stderr);
    }
    assert.deepEqual(namesIn(folder), ["a.png", "wide.png"]);
  });
});

Deno.test("a dry run tells what becomes of the streams of a video, and whether parts can be used", async () => {
  await inFolder(async (folder, upscale) => {
    await writeClip(join(folder, "a.mp4"), 0.4);
    const dry = async (...args: string[]) => {
      const ended = await upscale(["a.mp4", "--dry-run", "--json", ...args]);
      return { ...ended, plan: JSON.parse(new TextDecoder().decode(ended.stdout)) };
    };
    const copied = await dry("--crf", "10");
    assert.equal(copied.code, 0, copied.stderr);
    const { frames, rate, codec, pixelFormat, audio } = copied.plan.result.video;
    assert.deepEqual([frames, rate, codec, pixelFormat], [10, "25", "libx264", "yuv420p"]);
    assert.deepEqual(audio, ["aac, copied"]);
    assert.equal(copied.plan.result.disk.neededBytes, Math.ceil(96 * 64 * 10 * 0.3 / 8));
    const converted = await dry("-o", "b.webm", "--pix-fmt", "same", "--resume");
    const { video, resume } = converted.plan.result;
    assert.deepEqual([video.codec, video.audio], ["libvpx-vp9", ["aac to libopus"]]);
    assert.deepEqual(resume, { parts: 1, keptFrames: 0 });
    await Deno.mkdir(join(folder, "out", "a.x2.mp4.work"), { recursive: true });
    await Deno.writeTextFile(join(folder, "out", "a.x2.mp4.work", "state.json"), "{");
    const damaged = await dry("--resume");
    assert.equal(damaged.plan.error.code, "RESUME_DAMAGED", damaged.stderr);
    assert.equal((await dry("--window", "0")).code, 2);
    assert.deepEqual(namesIn(join(folder, "out", "a.x2.mp4.work")), ["state.json"]);
  });
});
