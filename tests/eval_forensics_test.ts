import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { encodeImage, VideoWriter } from "@vicinity/media";
import { tinyCheckpoint } from "../packages/relayformer/src/testing/tiny_checkpoint.ts";
import { interval, pictureAuc } from "../scripts/forensics_eval/score.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const [WIDTH, HEIGHT, FRAMES] = [48, 32, 5];

async function writeImage(path: string, channels: 1 | 3, rows: number, at: (i: number) => number) {
  const data = Uint8Array.from({ length: WIDTH * rows * channels }, (_, i) => at(i));
  const image = { width: WIDTH, height: rows, channels, depth: 8, data } as const;
  await Deno.writeFile(path, await encodeImage(image, { format: "png" }));
}

const pixels = (i: number) => 128 + 90 * Math.sin(i / 5 + i % 3);
/** The upper left corner. */
const corner = (i: number) => i % WIDTH < 20 && Math.floor(i / WIDTH) % HEIGHT < 12 ? 255 : 0;

async function evaluate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "eval:forensics", ...args],
    cwd: root,
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

async function withFolder(run: (folder: string, weights: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  const weights = await Deno.makeTempFile({ suffix: ".safetensors" });
  try {
    await Deno.writeFile(weights, (await tinyCheckpoint()).bytes);
    await run(folder, weights);
  } finally {
    await Deno.remove(folder, { recursive: true });
    await Deno.remove(weights);
  }
}

Deno.test("pictures are paired with the masks beside them, the others are untouched", async () => {
  await withFolder(async (folder, weights) => {
    await writeImage(join(folder, "a.png"), 3, HEIGHT, pixels);
    await writeImage(join(folder, "a_mask.png"), 1, HEIGHT, corner);
    await writeImage(join(folder, "b.png"), 3, HEIGHT, (i) => pixels(i + 7));
    const { code, out, err } = await evaluate(folder, "--weights", weights);
    assert.equal(code, 0, err);
    assert.match(out, /^\| all \| 1 \| 0\.\d{3} \|/m);
    assert.match(out, /^Untouched pictures, 1: above 0\.5 are \d+\.\d\d % of the area/m);
    assert.match(out, /^Pictures by their score: AUC (0|0\.5|1)/m);
    const json = await evaluate(folder, "--weights", weights, "--json", "--threshold", "0");
    assert.equal(json.code, 0, json.err);
    const { pictures } = JSON.parse(json.out) as {
      pictures: { score: { f1: number; flagged: number; area: number } }[];
    };
    // Above 0 is everything: the recall is 1, the precision the area of the corner.
    const [first] = pictures;
    const area = 20 * 12 / (WIDTH * HEIGHT);
    assert.equal(first?.score.area, area);
    assert.equal(first.score.flagged, 1);
    assert.ok(Math.abs(first.score.f1 - 2 * area / (1 + area)) < 1e-6);
  });
});

Deno.test("a manifest names kinds, photographs and clips", async () => {
  await withFolder(async (folder, weights) => {
    await writeImage(join(folder, "a.png"), 3, HEIGHT, pixels);
    await writeImage(join(folder, "m.png"), 1, HEIGHT, corner);
    await writeImage(join(folder, "c.png"), 1, HEIGHT * FRAMES, corner);
    const writer = await VideoWriter.open(join(folder, "c.mkv"), {
      width: WIDTH,
      height: HEIGHT,
      rate: { num: 25, den: 1 },
      codec: "ffv1",
      pixelFormat: "bgr0",
    });
    for (let time = 0; time < FRAMES; time++) {
      await writer.write(
        Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => pixels(i + time)),
      );
    }
    await writer.close();
    const entries = [
      { file: "a.png", mask: "m.png", kind: "splice", photograph: "one" },
      { file: "a.png", mask: "m.png", kind: "removal", background: "two" },
      { file: "c.mkv", masks: "c.png", kind: "insertion" },
    ];
    await Deno.writeTextFile(join(folder, "manifest.json"), JSON.stringify(entries));
    const { code, out, err } = await evaluate(folder, "--weights", weights, "--mode", "native");
    assert.equal(code, 0, err);
    assert.match(out, /mode native/);
    for (const name of ["all", "removal", "splice", "insertion", "all 1"]) {
      assert.match(out, new RegExp(`^\\| ${name} \\|`, "m"), name);
    }
  });
});

Deno.test("a mask of another size is an error that names it", async () => {
  await withFolder(async (folder, weights) => {
    await writeImage(join(folder, "a.png"), 3, HEIGHT, pixels);
    await writeImage(join(folder, "a_gt.png"), 1, HEIGHT + 1, corner);
    const { code, err } = await evaluate(folder, "--weights", weights);
    assert.equal(code, 1);
    assert.match(err, /a_gt\.png: it is 48 x 33, the picture 48 x 32/);
  });
});

Deno.test("intervals hold the mean and are wider for few groups", () => {
  const values = Array.from({ length: 40 }, (_, at) => Math.sin(at * at) ** 2);
  const mean = values.reduce((sum, value) => sum + value, 0) / 40;
  const [low, high] = interval(values, values.map((_, at) => `${at}`));
  assert.ok(low < mean && mean < high && high - low < 0.3);
  assert.deepEqual(interval([0.25, 0.75], ["a", "a"]), [0.5, 0.5]);
});

Deno.test("the order of pictures by score is measured pair by pair", () => {
  assert.equal(pictureAuc([3, 2], [1, 2]), 0.875);
});
