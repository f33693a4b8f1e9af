/** What commands that look at pictures, frames and scans say before the work. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { namesIn, withCommand, writeClip, writePicture } from "./command_line.ts";
import { readDocument } from "./documents.ts";

interface Planned {
  readonly status: string;
  readonly result: {
    readonly work?: Readonly<Record<string, unknown>>;
    readonly limits?: { readonly memoryBytes: number; readonly tensorBytes: number };
    readonly disk?: { readonly neededBytes: number };
  };
}

function planned(stdout: Uint8Array): Planned {
  return readDocument<Planned>(new TextDecoder().decode(stdout));
}

Deno.test("a dry run of segment tells looks, windows and limits, and for people too", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 128, 64);
    await writeClip(join(folder, "b.mp4"), 0.2);
    const dry = (...args: string[]) => segment([...args, "--dry-run"]);
    const whole = planned((await dry("a.png", "--json", "--max-memory", "1")).stdout);
    assert.equal(whole.status, "planned");
    const { memoryBytes = 0, ...look } = whole.result.work ?? {};
    assert.deepEqual(look, { looks: 1, sizes: ["128 x 64"] });
    assert.ok(Number(memoryBytes) > 128 * 64 * 3 * 4 && Number(memoryBytes) < 2 ** 30);
    assert.equal(whole.result.limits?.memoryBytes, 2 ** 30);
    const told = await dry("a.png", "--window", "40,40", "--stride", "20,40", "--flip");
    assert.equal(told.code, 0, told.stderr);
    // Rows from 0, 20 and 24 on, columns from 0, 40, 80 and 88 on, plain and mirrored.
    assert.match(
      told.stderr,
      /^ {2}work: looks 2, sizes 128 x 64, windows 24, window 40 x 40, memory /m,
    );
    assert.match(told.stderr, /^ {2}limits: memory \d+\.\d GiB, tensor /m);
    const refused = await dry("b.mp4", "--pix-fmt", "yuv411p");
    assert.equal(refused.code, 2, refused.stderr);
    const video = planned((await dry("b.mp4", "--json", "--size", "32")).stdout);
    assert.deepEqual(video.result.work?.["sizes"], ["48 x 32"]);
    assert.ok(Number(video.result.work?.["memoryBytes"]) < Number(memoryBytes));
    assert.ok((video.result.disk?.neededBytes ?? 0) > 0);
    assert.deepEqual(namesIn(folder), ["a.png", "b.mp4"]);
  });
});

Deno.test("a dry run of a scan tells how many points the model would see", async () => {
  await withCommand("detect", async (folder, detect) => {
    const street = new URL("../fixtures/lidar/street.bin", import.meta.url).pathname;
    await Deno.copyFile(street, join(folder, "street.bin"));
    const options = ["--dry-run", "--json", "--frame", "kitti"];
    const ended = await detect(["street.bin", ...options]);
    assert.equal(ended.code, 0, ended.stderr);
    const { inRange = 0, memoryBytes = 0 } = planned(ended.stdout).result.work ?? {};
    assert.ok(Number(inRange) > 1000, `${inRange}`);
    assert.ok(Number(memoryBytes) > 2 ** 16, `${memoryBytes}`);
    const lifted = await detect(["street.bin", ...options, "--z-offset", "1.5"]);
    assert.equal(planned(lifted.stdout).result.work?.lift, 1.5);
  }, "scan");
});

Deno.test("without a GPU a dry run still tells the looks, and fails as the run would", async () => {
  await withCommand("classify", async (folder, classify) => {
    await writePicture(join(folder, "a.png"), 20, 10);
    const env = { DENO_WEBGPU_BACKEND: "vulkan", VK_ICD_FILENAMES: "/none" };
    const ended = await classify(["a.png", "--dry-run"], { env });
    assert.equal(ended.code, 6, ended.stderr);
    assert.match(ended.stderr, /^ {2}work: looks 1, sizes 32 x 32$/m);
    assert.doesNotMatch(ended.stderr, /limits:/);
  });
});

Deno.test("a dry run fails where the memory would not suffice, as the run does", async () => {
  await withCommand("segment", async (folder, segment) => {
    await writePicture(join(folder, "a.png"), 640, 480);
    for (const more of [["--dry-run"], []]) {
      const ended = await segment(["a.png", "--max-memory", "0.01", ...more]);
      assert.equal(ended.code, 6, ended.stderr);
      assert.match(ended.stderr, /^error\[GPU_OOM\]: .* of 10\.2 MiB/m);
    }
  });
});

Deno.test("a dry run of detect tells the input with the margin that fills it up", async () => {
  await withCommand("detect", async (folder, detect) => {
    await writePicture(join(folder, "a.png"), 100, 90);
    const ended = await detect(["a.png", "--dry-run", "--json"]);
    assert.equal(ended.code, 0, ended.stderr);
    // 71 x 64 pixels show the picture.
    const { memoryBytes, ...look } = planned(ended.stdout).result.work ?? {};
    assert.deepEqual(look, { looks: 1, sizes: ["96 x 64"] });
    assert.ok(Number(memoryBytes) > 96 * 64 * 3 * 4);
  });
});
