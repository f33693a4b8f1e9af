import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage, encodeImage, probeVideo } from "@vicinity/media";
import sharp from "sharp";
import { tinyCheckpoint } from "../packages/relayformer/src/testing/tiny_checkpoint.ts";
import { namesIn, type Run, runTask, writeClip, writePicture } from "./command_line.ts";
import { readDocument } from "./documents.ts";

interface Document {
  readonly task: string;
  readonly input: Record<string, unknown>;
  readonly result: {
    readonly score: number;
    readonly threshold: number;
    readonly tamperedFraction: number;
    readonly mode: string;
    readonly regions?: readonly { box: number[]; pixels: number; mean: number; peak: number }[];
    readonly frames?: readonly { t: number; score: number; fraction: number }[];
  };
  readonly warnings: readonly { code: string }[];
}

/** Gives a test a folder, and `segment` with a tiny RelayFormer. */
async function withLocalizer(body: (folder: string, segment: Run) => Promise<void>) {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    const weights = join(folder, "tiny.safetensors");
    await Deno.writeFile(weights, (await tinyCheckpoint()).bytes);
    await body(
      folder,
      (args, options = {}) =>
        runTask("segment", ["-w", weights, ...args], { cwd: folder, ...options }),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function documentAt(path: string): Promise<Document> {
  return readDocument<Document>(await Deno.readTextFile(path));
}

Deno.test("a picture becomes overlay, mask, heat map, probabilities and JSON that agree", async () => {
  await withLocalizer(async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 90, 55);
    const save = "overlay,mask,heatmap,probability,json";
    const ended = await segment(["a.png", "--save", save, "--probs", "--threshold", "0.4"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /^a\.png: score \d\.\d\d, \d+\.\d % above 0\.4, \d+ regions? ->/m);
    const at = (name: string) => join(folder, "out", name);
    const { task, result } = await documentAt(at("a.json"));
    assert.equal(task, "manipulation");
    assert.deepEqual([result.mode, result.threshold], ["fit", 0.4]);
    const npy = await Deno.readFile(at("a.probs.npy"));
    assert.match(new TextDecoder().decode(npy.subarray(0, 128)), /'shape': \(55, 90\)/);
    const probabilities = new Float32Array(npy.buffer, 128);
    const inside = probabilities.filter((value) => value > 0.4).length;
    assert.ok(Math.abs(result.tamperedFraction - inside / (90 * 55)) < 1e-5);
    const pixels = result.regions?.reduce((sum, region) => sum + region.pixels, 0) ?? NaN;
    assert.ok(pixels <= inside);
    const mask = await decodeImage(await Deno.readFile(at("a.mask.png")));
    assert.equal(mask.channels, 1);
    const heat = await decodeImage(await Deno.readFile(at("a.heatmap.png")));
    const deep = await decodeImage(await Deno.readFile(at("a.probability.png")));
    assert.deepEqual([deep.depth, deep.width, deep.height], [16, 90, 55]);
    probabilities.forEach((value, pixel) => {
      assert.equal(mask.data[pixel], value > 0.4 ? 255 : 0);
      assert.equal(heat.data[pixel], Math.round(255 * value));
      assert.equal(deep.data[pixel], Math.round(65535 * value));
    });
    const overlay = await decodeImage(await Deno.readFile(at("a.overlay.png")));
    assert.deepEqual([overlay.width, overlay.height], [90, 55]);
  });
});

Deno.test("a video keeps its frames and its sound, and every frame has a score", async () => {
  await withLocalizer(async (folder, segment) => {
    await writeClip(join(folder, "a.mp4"), 0.4);
    const ended = await segment(["a.mp4"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual(namesIn(join(folder, "out")), [
      "a.heatmap.mp4",
      "a.json",
      "a.mask.mp4",
      "a.overlay.mp4",
      "run.json",
    ]);
    for (const product of ["overlay", "mask", "heatmap"]) {
      const info = await probeVideo(join(folder, "out", `a.${product}.mp4`));
      assert.deepEqual([info.width, info.height, info.frames, info.audio.length], [48, 32, 10, 1]);
    }
    const { result } = await documentAt(join(folder, "out", "a.json"));
    assert.equal(result.frames?.length, 10);
    assert.ok(result.frames.every(({ t }, index) => Math.abs(t - index / 25) < 1e-3));
    assert.equal(result.score, Math.max(...result.frames.map(({ score }) => score)));
    const some = await segment(["a.mp4", "--every", "3", "--save", "json", "-o", "some"]);
    assert.equal(some.code, 0, some.stderr);
    const thin = (await documentAt(join(folder, "some", "a.json"))).result.frames ?? [];
    assert.deepEqual(thin.map(({ score }) => score === thin[0]?.score).slice(0, 3), [
      true,
      true,
      true,
    ]);
    assert.equal(thin.length, 10);
  });
});

Deno.test("what cropping and scaling lose is told", async () => {
  await withLocalizer(async (folder, segment) => {
    await writePicture(join(folder, "wide.png"), 100, 30);
    const cropped = await segment(["wide.png", "--mode", "crop", "-o", "crop"]);
    assert.equal(cropped.code, 0, cropped.stderr);
    const warned = await documentAt(join(folder, "crop", "wide.json"));
    assert.deepEqual(warned.warnings.map(({ code }) => code).filter((it) => it === "CROPPED"), [
      "CROPPED",
    ]);
    const padded = await segment(["wide.png", "--mode", "pad", "-o", "pad"]);
    assert.equal(padded.code, 4, padded.stderr);
    assert.match(padded.stderr, /IMAGE_TOO_LARGE.*do not fit the model's canvas of 64 x 64/);
    const stretched = await segment(["wide.png", "--mode", "resize", "-o", "resize"]);
    assert.match(stretched.stderr, /INPUT_MODE/);
  });
});

Deno.test("options that mean nothing to a model are refused", async () => {
  await withLocalizer(async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 24, 16);
    const cases: readonly (readonly [readonly string[], RegExp])[] = [
      [["--classes", "sky"], /--classes is not for models that look for manipulations/],
      [["--window", "8,8"], /--window is not for models/],
      [["--save", "labels"], /does not know labels/],
      [["--threshold", "2"], /between 0 and 1/],
      [["--mode", "zoom"], /one of auto, fit, native/],
    ];
    for (const [args, message] of cases) {
      const ended = await segment(["a.png", ...args]);
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(ended.stderr, message);
    }
    const weights = join(folder, "tiny.safetensors");
    const nameless = await runTask("segment", ["a.png", "-w", weights, "--legend"], {
      cwd: folder,
    });
    assert.equal(nameless.code, 2, nameless.stderr);
    assert.match(nameless.stderr, /--legend is not for models that look for manipulations/);
  });
});

Deno.test("grey, deep, transparent, turned, animated and one-pixel pictures are looked at", async () => {
  await withLocalizer(async (folder, segment) => {
    const grey = { width: 9, height: 7, channels: 1, depth: 16 } as const;
    const data = Uint16Array.from({ length: 63 }, (_, at) => at * 1000);
    const file = (name: string) => join(folder, "in", name);
    await Deno.mkdir(join(folder, "in"));
    await Deno.writeFile(
      file("deep.png"),
      await encodeImage({ ...grey, data }, { format: "png" }),
    );
    const rgba = { width: 9, height: 7, channels: 4, background: "#a0508080" } as const;
    const base = sharp({ create: { ...rgba, channels: 4 } });
    await Deno.writeFile(file("alpha.webp"), await base.clone().webp().toBuffer());
    await Deno.writeFile(
      file("turned.jpg"),
      await base.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    );
    await Deno.writeFile(
      file("cmyk.jpg"),
      await base.clone().removeAlpha().toColourspace("cmyk").jpeg().toBuffer(),
    );
    await Deno.writeFile(file("dot.png"), await base.clone().resize(1, 1).png().toBuffer());
    const frames = Uint8Array.from({ length: 8 * 8 * 3 * 2 }, (_, at) => at * 7);
    await Deno.writeFile(
      file("moving.gif"),
      await sharp(frames, { raw: { width: 8, height: 16, channels: 3, pageHeight: 8 } }).gif()
        .toBuffer(),
    );
    const ended = await segment(["in", "--save", "mask,json", "--json", "-q"]);
    assert.equal(ended.code, 0, ended.stderr);
    const told = new TextDecoder().decode(ended.stdout).trim().split("\n").map((line) => {
      const { input, warnings } = readDocument<Document>(line);
      const codes = warnings.map(({ code }) => code).filter((code) => code !== "GPU_SOFTWARE");
      return [input["path"], `${input["width"]}x${input["height"]}`, ...codes].join(" ");
    });
    assert.deepEqual(told, [
      "in/alpha.webp 9x7",
      "in/cmyk.jpg 9x7",
      "in/deep.png 9x7",
      "in/dot.png 1x1",
      "in/moving.gif 8x8 ANIMATION",
      "in/turned.jpg 7x9",
    ]);
    const bad = join(folder, "bad.jpg");
    await Deno.writeTextFile(bad, "no picture at all");
    const mixed = await segment(["bad.jpg", "in/dot.png", "-o", "mixed"]);
    assert.equal(mixed.code, 3, mixed.stderr);
    assert.match(mixed.stderr, /NOT_AN_IMAGE/);
  });
});
