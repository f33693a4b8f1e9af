import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeFrames, decodeImage, encodeImage, probeVideo } from "@vicinity/media";
import { inFolder, namesIn, writePicture } from "./command_line.ts";

/** Writes a picture of one colour, opaque or not. */
async function writePlain(path: string, level: number, opacity = 255): Promise<void> {
  const data = Uint8Array.from(
    { length: 16 * 12 * 4 },
    (_, at) => at % 4 === 3 ? opacity : level,
  );
  const picture = { width: 16, height: 12, channels: 4, depth: 8, data } as const;
  await Deno.writeFile(path, await encodeImage(picture, { format: "png" }));
}

Deno.test("the pictures of a folder become a video in natural order", async () => {
  await inFolder(async (folder, upscale) => {
    await Deno.mkdir(join(folder, "shots"));
    const levels = [40, 80, 120, 160];
    for (const [index, number] of [8, 9, 10, 12].entries()) {
      await writePlain(join(folder, "shots", `f${number}.png`), levels[index] ?? 0);
    }
    await writePlain(join(folder, "shots", "f13.png"), 255, 0);
    const args = ["shots", "--fps", "29.97", "--background", "#c8c8c8", "--json"];
    const ended = await upscale([...args, "--compare"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /warning\[FRAMES_MISSING\]: frame 11 is missing/);
    assert.match(ended.stderr, /warning\[ALPHA\]/);
    const { input, result } = JSON.parse(new TextDecoder().decode(ended.stdout));
    assert.deepEqual([input.type, input.frames, input.fps], ["sequence", 5, 29.97]);
    assert.deepEqual([result.width, result.height, result.frames], [32, 24, 5]);
    const names = namesIn(join(folder, "out"));
    assert.deepEqual(names, ["run.json", "shots.x2.compare.mp4", "shots.x2.mp4"]);
    const info = await probeVideo(join(folder, "out", "shots.x2.mp4"));
    assert.deepEqual(info.constantRate, { num: 30000, den: 1001 });
    const means: number[] = [];
    for await (const { data } of decodeFrames(info)) {
      means.push(data.reduce((sum, sample) => sum + sample, 0) / data.length);
    }
    assert.equal(means.length, 5);
    for (const [index, level] of [...levels, 200].entries()) {
      assert.ok(Math.abs((means[index] ?? 0) - level) < 12, `frame ${index}: ${means[index]}`);
    }
  });
});

Deno.test("frames of two sizes, and videos alone, make no sequence", async () => {
  await inFolder(async (folder, upscale) => {
    await Deno.mkdir(join(folder, "shots"));
    await writePicture(join(folder, "shots", "1.png"), 16, 12);
    await writePicture(join(folder, "shots", "2.png"), 12, 16);
    const mixed = await upscale(["shots", "--fps", "25", "-o", "film.mkv"]);
    assert.equal(mixed.code, 4, mixed.stderr);
    assert.match(mixed.stderr, /error\[INPUT_KIND\]: this frame has 12 x 16, .* 16 x 12/);
    assert.match(mixed.stderr, /file: shots\/2\.png/);
    assert.deepEqual(namesIn(folder), ["shots"]);
    await Deno.writeFile(join(folder, "a.mp4"), new Uint8Array(9));
    const alone = await upscale(["a.mp4", "--fps", "25"]);
    assert.equal(alone.code, 2, alone.stderr);
    assert.match(alone.stderr, /error\[NO_INPUT\]: --fps makes a video of pictures/);
  });
});

Deno.test("a part of a sequence is taken by time, and what is left of transparency by colour", async () => {
  await inFolder(async (folder, upscale) => {
    await Deno.mkdir(join(folder, "shots"));
    for (let index = 0; index < 6; index++) {
      await writePicture(join(folder, "shots", `${index}.png`), 16, 12);
    }
    await writePlain(join(folder, "glass.png"), 255, 0);
    const part = ["--fps", "2", "--start", "1", "--end", "2.5", "-o", "part.webm", "--resume"];
    const film = await upscale(["shots", ...part]);
    assert.equal(film.code, 0, film.stderr);
    const { frames, codec } = await probeVideo(join(folder, "part.webm"));
    assert.deepEqual([frames, codec], [3, "vp9"]);
    assert.deepEqual(namesIn(folder), ["glass.png", "part.webm", "shots"]);
    const glass = await upscale(["glass.png", "--background", "navy", "-o", "glass.jpg"]);
    assert.equal(glass.code, 0, glass.stderr);
    const { data } = await decodeImage(await Deno.readFile(join(folder, "glass.jpg")));
    // JPEG is exact to a level or two.
    const [red = 255, , blue = 0] = data;
    assert.ok(red < 4 && Math.abs(blue - 128) < 4, `${red}, ${blue}`);
  });
});
