import assert from "node:assert/strict";
import { join } from "node:path";
import { type DecodedImage, decodeImage, encodeImage, probeVideo } from "@vicinity/media";
import sharp from "sharp";
import { ffmpeg, inFolder, namesIn, withCommand, writeClip, writePicture } from "./command_line.ts";
import { readDocument, readRunDocument } from "./documents.ts";

async function pictureAt(path: string) {
  return await decodeImage(await Deno.readFile(path));
}

interface Document {
  readonly model: { readonly dtype: string } | null;
  readonly result: { readonly scale: number; readonly frames: number };
  readonly outputs: readonly { readonly product: string }[];
}

Deno.test("pictures of one pixel and of extreme shapes are enlarged", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "dot.png"), 1, 1);
    await writePicture(join(folder, "line.png"), 1, 37);
    await writePicture(join(folder, "wide.png"), 30_000, 10);
    const ended = await upscale(["dot.png", "line.png", "wide.png"]);
    assert.equal(ended.code, 0, ended.stderr);
    for (const [name, width, height] of [["dot", 2, 2], ["line", 2, 74], ["wide", 60_000, 20]]) {
      const picture = await pictureAt(join(folder, "out", `${name}.x2.png`));
      assert.deepEqual([picture.width, picture.height], [width, height]);
    }
  });
});

Deno.test("grey stays grey, transparency and descriptions are kept", async () => {
  await inFolder(async (folder, upscale) => {
    const grey = { width: 9, height: 7, channels: 1, depth: 8 } as const;
    const greyFile = await encodeImage(
      { ...grey, data: new Uint8Array(63).fill(90) },
      { format: "png" },
    );
    await Deno.writeFile(join(folder, "grey.png"), greyFile);
    const glass = { width: 8, height: 8, channels: 4, depth: 8 } as const;
    const data = Uint8Array.from({ length: 256 }, (_, at) => at % 4 === 3 ? 128 : 200);
    const glassFile = await encodeImage({ ...glass, data }, {
      format: "png",
      metadata: { format: "png", pages: 1, orientation: 1, density: 300 },
    });
    await Deno.writeFile(join(folder, "glass.png"), glassFile);
    const ended = await upscale(["grey.png", "glass.png", "--scale", "3"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal((await pictureAt(join(folder, "out", "grey.x3.png"))).channels, 1);
    const enlarged = await pictureAt(join(folder, "out", "glass.x3.png"));
    assert.deepEqual([enlarged.width, enlarged.height, enlarged.channels], [24, 24, 4]);
    assert.equal(enlarged.metadata.density, 300);
    await upscale(["glass.png", "--scale", "3", "--alpha", "drop", "-o", "solid.png"]);
    assert.equal((await pictureAt(join(folder, "solid.png"))).channels, 3);
  });
});

Deno.test("a video keeps frames, times and sound, and the comparison has them too", async () => {
  await inFolder(async (folder, upscale) => {
    await writeClip(join(folder, "a.mp4"), 1);
    const ended = await upscale(["a.mp4", "--compare", "--json"]);
    assert.equal(ended.code, 0, ended.stderr);
    const source = await probeVideo(join(folder, "a.mp4"));
    for (const [name, width] of [["a.x2.mp4", 96], ["a.x2.compare.mp4", 194]] as const) {
      const info = await probeVideo(join(folder, "out", name));
      assert.deepEqual([info.width, info.height], [width, 64]);
      assert.deepEqual(info.times, source.times);
      assert.equal(info.duration, source.duration);
      assert.equal(info.audio[0]?.codec, "aac");
    }
    const { result, outputs } = readDocument<Document>(new TextDecoder().decode(ended.stdout));
    assert.deepEqual([result.scale, result.frames], [2, 25]);
    assert.deepEqual(outputs.map(({ product }) => product), ["result", "compare"]);
    const run = readRunDocument(await Deno.readTextFile(join(folder, "out", "run.json")));
    assert.deepEqual([run.seed, run.versions.deno], [0, Deno.version.deno]);
    assert.match(run.versions.ffmpeg ?? "", /\d/);
    assert.deepEqual(run.inputs[0]?.outputs, outputs);
  });
});

Deno.test("what is saved is what was asked for, perhaps nothing", async () => {
  await inFolder(async (folder, upscale) => {
    await writeClip(join(folder, "a.mp4"), 0.2);
    await writePicture(join(folder, "b.png"), 8, 6);
    const side = await upscale(["a.mp4", "b.png", "--save", "compare"]);
    assert.equal(side.code, 0, side.stderr);
    const names = ["a.x2.compare.mp4", "b.x2.compare.png", "run.json"];
    assert.deepEqual(namesIn(join(folder, "out")), names);
    assert.equal((await probeVideo(join(folder, "out", "a.x2.compare.mp4"))).width, 194);
    const none = await upscale(["a.mp4", "b.png", "--save", "none", "--json", "-o", "none"]);
    assert.equal(none.code, 0, none.stderr);
    assert.match(none.stderr, /^b\.png: enlarged, and nothing saved$/m);
    const lines = new TextDecoder().decode(none.stdout).trim().split("\n");
    const told = lines.map((line) => JSON.parse(line)).map(({ result, outputs }) => [
      result.frames,
      outputs,
    ]);
    assert.deepEqual(told, [[5, []], [1, []]]);
    assert.ok(!namesIn(folder).includes("none"));
    for (const args of [["--save", "none"], ["--save", "overlay"]]) {
      const refused = await upscale(["a.mp4", ...args]);
      assert.equal(refused.code, 2, refused.stderr);
    }
  });
});

Deno.test("variable rates and turned videos come out with the times and shape they show", async () => {
  await inFolder(async (folder, upscale) => {
    // deno-fmt-ignore
    await ffmpeg([
      "-f", "lavfi", "-i", "testsrc2=size=32x24:rate=25:duration=1",
      "-vf", "format=yuv444p,crop=31:23,select='not(eq(mod(n,5),2))'", "-vsync", "vfr", "-pix_fmt", "yuv444p",
      join(folder, "vfr.mp4"),
    ]);
    await writeClip(join(folder, "flat.mp4"), 0.4);
    // deno-fmt-ignore
    await ffmpeg([
      "-i", join(folder, "flat.mp4"), "-c", "copy", "-metadata:s:v", "rotate=90",
      join(folder, "turned.mp4"),
    ]);
    const ended = await upscale(["vfr.mp4", "turned.mp4", "--scale", "3"]);
    assert.equal(ended.code, 0, ended.stderr);
    const [before, after] = await Promise.all(
      ["vfr.mp4", "out/vfr.x3.mp4"].map((name) => probeVideo(join(folder, name))),
    );
    assert.deepEqual(after?.times, before?.times);
    assert.deepEqual([after?.width, after?.height], [94, 70]);
    assert.match(ended.stderr, /warning\[PADDED_TO_EVEN\]/);
    const turned = await probeVideo(join(folder, "out", "turned.x3.mp4"));
    assert.deepEqual([turned.width, turned.height, turned.rotation], [96, 144, 0]);
  });
});

Deno.test("a part of a video has its frames and its sound", async () => {
  await inFolder(async (folder, upscale) => {
    await writeClip(join(folder, "a.mp4"), 2);
    const ended = await upscale(["a.mp4", "--start", "0.4", "--end", "1.2"]);
    assert.equal(ended.code, 0, ended.stderr);
    const info = await probeVideo(join(folder, "out", "a.x2.mp4"));
    assert.equal(info.frames, 20);
    assert.equal(info.times[0], 0);
    assert.equal(info.audio.length, 1);
    assert.ok(Math.abs((info.audio[0]?.endTime ?? 0) - 0.8) < 0.05);
    const outside = await upscale(["a.mp4", "--start", "9", "-o", "b.mp4"]);
    assert.equal(outside.code, 2, outside.stderr);
    assert.match(outside.stderr, /error\[VIDEO_OPTIONS\]/);
  });
});

Deno.test("a damaged video gives the frames that are there and a warning", async () => {
  await inFolder(async (folder, upscale) => {
    // deno-fmt-ignore
    await ffmpeg([
      "-f", "lavfi", "-i", "testsrc2=size=160x120:rate=25:duration=2", "-pix_fmt", "yuv420p",
      "-g", "10", "-movflags", "+faststart", join(folder, "a.mp4"),
    ]);
    const { size } = await Deno.stat(join(folder, "a.mp4"));
    await Deno.truncate(join(folder, "a.mp4"), Math.round(size * 0.6));
    const ended = await upscale(["a.mp4"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /warning\[VIDEO_DAMAGED\]: Decoded \d+ of 50 frames/);
    const strict = await upscale(["a.mp4", "--strict", "-o", "whole.mp4"]);
    assert.equal(strict.code, 4, strict.stderr);
    assert.match(strict.stderr, /error\[VIDEO_DAMAGED\]: Decoded \d+ of 50 frames/);
    assert.deepEqual(namesIn(folder).filter((name) => name.includes("whole")), []);
    const { frames } = await probeVideo(join(folder, "out", "a.x2.mp4"));
    assert.ok(frames > 5 && frames < 50, `${frames} frames`);
  });
});

Deno.test("the same input gives the same bytes, and detail follows its options", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 24, 16);
    const run = async (options: readonly string[], name: string) => {
      const ended = await upscale(["a.png", "--mode", "detail", ...options, "-o", name]);
      assert.equal(ended.code, 0, ended.stderr);
      return await Deno.readFile(join(folder, name));
    };
    const [first, again, other] = [
      await run(["--seed", "1"], "b.png"),
      await run(["--seed", "1"], "c.png"),
      await run(["--seed", "1", "--steps", "1", "--noise", "0"], "d.png"),
    ];
    assert.deepEqual(first, again);
    assert.notDeepEqual((await decodeImage(first)).data, (await decodeImage(other)).data);
    const { code, stderr } = await upscale(["a.png", "--steps", "2"]);
    assert.equal(code, 2);
    assert.match(stderr, /error\[USAGE\]: --steps is for --mode detail/);
  });
});

Deno.test("without an input a demonstration is made, enlarged and compared, also twice", async () => {
  await inFolder(async (folder, upscale) => {
    const names = [
      "run.json",
      "vicinity-demo.mp4",
      "vicinity-demo.x2.compare.mp4",
      "vicinity-demo.x2.mp4",
    ];
    for (const frames of [2, 3]) {
      const ended = await upscale(["--frames", `${frames}`]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /^look at out\/vicinity-demo\.x2\.compare\.mp4$/m);
      assert.deepEqual(namesIn(join(folder, "out")), names);
      const info = await probeVideo(join(folder, "out", "vicinity-demo.x2.mp4"));
      assert.deepEqual([info.width, info.height, info.frames], [512, 288, frames]);
      assert.equal(info.audio.length, 1);
    }
  });
});

Deno.test("a picture keeps its colour profile, and without metadata becomes sRGB", async () => {
  await inFolder(async (folder, upscale) => {
    const raw = { width: 8, height: 6, channels: 3 as const };
    const pixels = Uint8Array.from({ length: 8 * 6 * 3 }, (_, at) => at % 3 === 0 ? 230 : 20);
    await Deno.writeFile(
      join(folder, "a.png"),
      await sharp(pixels, { raw }).withIccProfile("p3").png().toBuffer(),
    );
    for (const [name, ...args] of [["b.png"], ["c.png", "--no-keep-metadata"], ["d.avif"]]) {
      const ended = await upscale(["a.png", "-o", name ?? "", ...args]);
      assert.equal(ended.code, 0, ended.stderr);
    }
    const read = async (name: string) =>
      await decodeImage(await Deno.readFile(join(folder, name)), { colors: "stored" });
    const [before, kept, plain, avif] = await Promise.all(
      ["a.png", "b.png", "c.png", "d.avif"].map(read),
    );
    const red = (image?: DecodedImage) => image?.data[0] ?? 0;
    const [stored, converted] = [red(before), 230];
    for (const image of [kept, avif]) {
      assert.deepEqual(image?.metadata.icc, before?.metadata.icc);
      assert(Math.abs(red(image) - stored) < 8, `${red(image)} with the profile, ${stored} before`);
    }
    assert.equal(plain?.metadata.icc, undefined);
    assert(Math.abs(red(plain) - converted) < 8, `${red(plain)} as sRGB`);
  });
});

Deno.test("EXIF goes into AVIF too, and that TIFF gets none is told", async () => {
  await inFolder(async (folder, upscale) => {
    const raw = { width: 8, height: 6, channels: 3 as const };
    const photo = sharp(new Uint8Array(8 * 6 * 3).fill(90), { raw })
      .withExif({ IFD0: { Copyright: "someone" } });
    await Deno.writeFile(join(folder, "a.jpg"), await photo.jpeg().toBuffer());
    const warning = /^warning\[METADATA\]: EXIF was left out: tiff files get none$/m;
    for (const [name, ...args] of [["b.avif"], ["c.tiff"], ["d.tiff", "--no-keep-metadata"]]) {
      const ended = await upscale(["a.jpg", "-o", name ?? "", ...args]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(warning.test(ended.stderr), name === "c.tiff", ended.stderr);
    }
    const { metadata: { exif } } = await decodeImage(await Deno.readFile(join(folder, "b.avif")));
    assert.match(new TextDecoder("latin1").decode(exif), /someone/);
  });
});

Deno.test("a result too large for its format is refused before the work", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 5000, 1);
    const ended = await upscale(["a.png", "--scale", "4", "--format", "webp", "--dry-run"]);
    assert.equal(ended.code, 7, ended.stderr);
    assert.match(ended.stderr, /20000 x 4 is over the webp limit of 16383/);
  });
});

Deno.test("a picture that is cut off is decoded as far as it goes when that is asked for", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "whole.png"), 200, 100);
    const whole = await pictureAt(join(folder, "whole.png"));
    const file = await encodeImage(whole, { format: "jpg" });
    await Deno.writeFile(join(folder, "a.jpg"), file.subarray(0, Math.round(file.length / 2)));
    const refused = await upscale(["a.jpg"]);
    assert.equal(refused.code, 4, refused.stderr);
    assert.match(refused.stderr, /error\[IMAGE_TRUNCATED\].*\n.*\n.*--allow-truncated/);
    const taken = await upscale(["a.jpg", "--allow-truncated"]);
    assert.equal(taken.code, 0, taken.stderr);
    assert.equal((await pictureAt(join(folder, "out", "a.x2.png"))).width, 400);
  });
});

Deno.test("interlaced pictures are made whole, unless that is not wanted", async () => {
  await inFolder(async (folder, upscale) => {
    const path = join(folder, "a.ts");
    const source = "testsrc2=size=32x32:rate=50:duration=0.2,interlace";
    const flags = ["-c:v", "mpeg2video", "-flags", "+ildct+ilme", "-q:v", "2"];
    await ffmpeg(["-f", "lavfi", "-i", source, ...flags, path]);
    for (const way of ["auto", "off"]) {
      const ended = await upscale(["a.ts", "--deinterlace", way, "-o", `${way}.mkv`]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(/warning\[VIDEO_DEINTERLACED\]/.test(ended.stderr), way === "auto");
    }
    const [whole, left] = await Promise.all(
      ["auto", "off"].map((way) => Deno.readFile(join(folder, `${way}.mkv`))),
    );
    assert.notEqual(whole?.length, left?.length);
  });
});

Deno.test("a picture is shown while it is worked on and written, and says what made it", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 96, 64);
    const ended = await upscale(["a.png", "--compare", "--progress", "json"]);
    assert.equal(ended.code, 0, ended.stderr);
    const events = ended.stderr.trim().split("\n").map((line) => JSON.parse(line));
    const inside = events.filter(({ phase, unit }) => phase === "run" && unit === "pixel");
    assert.ok(inside.length > 1, ended.stderr);
    assert.ok(inside.every(({ total, item }) => total === 192 * 128 && item === "a.png"));
    const written = events.filter(({ phase }) => phase === "write").at(-1);
    assert.deepEqual([written.done, written.total, written.item], [2, 2, "a.png"]);
    const file = await Deno.readFile(join(folder, "out", "a.x2.png"));
    const says = new TextDecoder("latin1").decode(file);
    assert.ok(says.includes("upscale, model tiny.safetensors, x2, fidelity, seed 0"));
  });
});

Deno.test("what 16 bits cannot hold is made again in 32 bits, and the rest after it too", async () => {
  await withCommand("upscale", async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    await writeClip(join(folder, "b.mp4"), 0.2);
    const whole = await upscale(["a.png", "-o", "whole/"]);
    assert.equal(whole.code, 0, whole.stderr);
    const ended = await upscale(["b.mp4", "a.png", "--dtype", "f16", "--resume", "--json"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.equal(ended.stderr.match(/warning\[NUMERIC\].* in 32 bits/g)?.length, 1, ended.stderr);
    const told = new TextDecoder().decode(ended.stdout).trim().split("\n")
      .map((line) => readDocument<Document>(line).model?.dtype);
    assert.deepEqual(told, ["f32", "f32"]);
    const [again, expected] = await Promise.all(
      ["out", "whole"].map((name) => pictureAt(join(folder, name, "a.x2.png"))),
    );
    assert.deepEqual(again?.data, expected?.data);
  }, "steep");
});
