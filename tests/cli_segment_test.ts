import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeFrames, decodeImage, encodeImage, probeVideo } from "@vicinity/media";
import { decodeRle } from "@vicinity/vision";
import sharp from "sharp";
import { namesIn, withCommand, writeClip, writePicture } from "./command_line.ts";
import { readDocument } from "./documents.ts";

interface Document {
  readonly task: string;
  readonly input: Record<string, unknown>;
  readonly result: {
    readonly frames?: number;
    readonly classes: readonly { id: number; name: string; pixels: number; fraction: number }[];
  };
  readonly outputs: readonly { path: string; bytes: number }[];
  readonly warnings: readonly { code: string }[];
}

async function documentAt(path: string): Promise<Document> {
  return readDocument<Document>(await Deno.readTextFile(path));
}

Deno.test("a picture becomes overlay, label map and JSON of its own size", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 70, 45);
    const ended = await segment(["a.png"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /^a\.png: .+ % -> out\/a\.overlay\.png, out\/a\.labels\.png/m);
    assert.deepEqual(namesIn(join(folder, "out")), [
      "a.json",
      "a.labels.png",
      "a.overlay.png",
      "run.json",
    ]);
    const document = await documentAt(join(folder, "out", "a.json"));
    assert.equal(document.task, "semantic");
    const pixels = document.result.classes.reduce((sum, entry) => sum + entry.pixels, 0);
    assert.equal(pixels, 70 * 45);
    const overlay = await decodeImage(await Deno.readFile(join(folder, "out", "a.overlay.png")));
    assert.equal(overlay.width, 70);
    assert.ok(overlay.height > 45, "the legend is below");
    const labels = await Deno.readFile(join(folder, "out", "a.labels.png"));
    const { width, height } = await sharp(labels).metadata();
    // Bits a sample and kind of colour in the header: 8, indexed.
    assert.deepEqual([width, height, labels[24], labels[25]], [70, 45, 8, 3]);
  });
});

Deno.test("all results agree with each other", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "7.png"), 40, 30);
    const save = "labels,color,rle,polygons,probs,json";
    const ended = await segment(["7.png", "--save", save, "--flip", "--scale", "0.75,1.25"]);
    assert.equal(ended.code, 0, ended.stderr);
    const at = (name: string) => join(folder, "out", name);
    const document = await documentAt(at("7.json"));
    const npy = await Deno.readFile(at("7.probs.npy"));
    const probabilities = new Float32Array(npy.buffer, 128);
    assert.equal(probabilities.length, 3 * 40 * 30);
    const coco = JSON.parse(await Deno.readTextFile(at("7.coco.json"))) as {
      image_id: number;
      category_id: number;
      segmentation: { size: [number, number]; counts: string };
    }[];
    assert.equal(coco[0]?.image_id, 7);
    for (const { category_id: id, segmentation } of coco) {
      const mask = decodeRle(segmentation);
      const pixels = mask.reduce((sum, inside) => sum + inside, 0);
      const share = document.result.classes.find((entry) => entry.id === id);
      assert.equal(share?.pixels, pixels);
      for (const [pixel, inside] of mask.entries()) {
        if (inside === 0) continue;
        const scores = [0, 1, 2].map((c) => probabilities[c * 1200 + pixel] ?? 0);
        assert.equal(scores.indexOf(Math.max(...scores)), id);
      }
    }
    const painted = await sharp(await Deno.readFile(at("7.labels.png"))).removeAlpha().raw()
      .toBuffer();
    const color = await sharp(await Deno.readFile(at("7.color.png"))).raw().toBuffer();
    assert.deepEqual(painted, color);
    const outlines = JSON.parse(await Deno.readTextFile(at("7.polygons.json"))) as {
      features: { properties: { id: number } }[];
    };
    assert.deepEqual(
      outlines.features.map(({ properties }) => properties.id),
      coco.map(({ category_id: id }) => id),
    );
  });
});

Deno.test("classes that are not shown are void, unknown ones suggest a known one", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 40, 30);
    const hidden = await segment(["a.png", "--classes", "animal", "--save", "labels,json"]);
    assert.equal(hidden.code, 0, hidden.stderr);
    const { result } = await documentAt(join(folder, "out", "a.json"));
    assert.ok(result.classes.every(({ name }) => name === "animal"));
    const wrong = await segment(["a.png", "--classes", "animl", "--overwrite"]);
    assert.equal(wrong.code, 2, wrong.stderr);
    assert.match(wrong.stderr, /did you mean animal\?/);
  });
});

Deno.test("a video keeps frames and sound under the overlay", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writeClip(join(folder, "a.mp4"), 0.4);
    const ended = await segment(["a.mp4", "--every", "3", "--opacity", "1"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(namesIn(join(folder, "out")), ["a.json", "a.overlay.mp4", "run.json"]);
    const info = await probeVideo(join(folder, "out", "a.overlay.mp4"));
    assert.deepEqual([info.width, info.height, info.frames, info.audio.length], [48, 32, 10, 1]);
    const { result } = await documentAt(join(folder, "out", "a.json"));
    assert.equal(result.frames, 10);
    const original = await probeVideo(join(folder, "a.mp4"));
    let change = 0;
    for await (const frame of decodeFrames(info, { end: 1 })) {
      for await (const source of decodeFrames(original, { end: 1 })) {
        change = frame.data.reduce((sum, v, i) => sum + Math.abs(v - (source.data[i] ?? 0)), 0);
      }
    }
    assert.ok(change > 48 * 32 * 10, "the frames are painted");
    const refused = await segment(["a.mp4", "--save", "labels", "-o", "other"]);
    assert.equal(refused.code, 2, refused.stderr);
  });
});

Deno.test("one result goes to standard output, several do not", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 24, 16);
    const stdin = await Deno.readFile(join(folder, "a.png"));
    const piped = await segment(["-", "--save", "labels", "-o", "-"], { stdin });
    assert.equal(piped.code, 0, piped.stderr);
    assert.equal((await decodeImage(piped.stdout)).width, 24);
    const both = await segment(["a.png", "-o", "-"]);
    assert.equal(both.code, 2, both.stderr);
    const printed = await segment(["a.png", "--save", "none", "--json"]);
    assert.equal(printed.code, 0, printed.stderr);
    const document = readDocument<Document>(new TextDecoder().decode(printed.stdout));
    assert.equal(document.outputs.length, 0);
    assert.deepEqual(namesIn(folder), ["a.png"]);
  });
});

Deno.test("bad options and foreign model files are told apart", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 24, 16);
    const cases: readonly (readonly [readonly string[], number, RegExp])[] = [
      [["a.png", "--save", "overlya"], 2, /did you mean overlay\?/],
      [["a.png", "--window", "8"], 2, /two whole numbers/],
      [["a.png", "--stride", "8,8"], 2, /needs --window/],
      [["a.png", "--window", "8,8", "--stride", "9,8"], 2, /left out/],
      [["a.png", "--palette", "none.json"], 2, /palette/],
      [["a.png", "--model", "upernet-dinat-mini", "-w", "none.pth"], 5, /WEIGHTS_MISSING/],
      [["a.png", "-w", "a.png"], 5, /WEIGHTS_CORRUPT/],
    ];
    for (const [args, code, message] of cases) {
      const ended = await segment(args);
      assert.equal(ended.code, code, `${args}: ${ended.stderr}`);
      assert.match(ended.stderr, message);
    }
    assert.deepEqual(namesIn(folder).filter((name) => name !== "out"), ["a.png"]);
  });
});

Deno.test("grey, deep, transparent, turned and one-pixel pictures are segmented", async () => {
  await withCommand("segment", async (folder, segment) => {
    const grey = { width: 9, height: 7, channels: 1, depth: 16 } as const;
    const data = Uint16Array.from({ length: 63 }, (_, at) => at * 1000);
    await Deno.writeFile(
      join(folder, "deep.png"),
      await encodeImage({ ...grey, data }, { format: "png" }),
    );
    const rgba = { width: 9, height: 7, channels: 4, background: "#a05080" } as const;
    const base = sharp({ create: { ...rgba, channels: 4 } });
    await Deno.writeFile(join(folder, "alpha.webp"), await base.clone().webp().toBuffer());
    await Deno.writeFile(
      join(folder, "turned.jpg"),
      await base.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    await Deno.writeFile(
      join(folder, "cmyk.jpg"),
      await base.clone().removeAlpha().toColourspace("cmyk").jpeg().toBuffer(),
    );
    await Deno.writeFile(join(folder, "dot.png"), await base.clone().resize(1, 1).png().toBuffer());
    const ended = await segment([".", "--save", "labels", "--json", "-q"]);
    assert.equal(ended.code, 0, ended.stderr);
    const sizes = new TextDecoder().decode(ended.stdout).trim().split("\n").map((line) => {
      const { input } = JSON.parse(line) as Document;
      return `${input["path"]} ${input["width"]}x${input["height"]}`;
    });
    assert.deepEqual(sizes, [
      "alpha.webp 9x7",
      "cmyk.jpg 9x7",
      "deep.png 9x7",
      "dot.png 1x1",
      "turned.jpg 7x9",
    ]);
  });
});

Deno.test("where the memory is too small, options of this command are named", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 40, 30);
    const ended = await segment(["a.png", "--size", "1200", "--max-memory", "0.01"]);
    assert.equal(ended.code, 6, ended.stderr);
    assert.match(ended.stderr, /^error\[GPU_OOM\].*\n.*\n {2}hint: .*--window .*--size/m);
    assert.doesNotMatch(ended.stderr, /--tile/);
  });
});
