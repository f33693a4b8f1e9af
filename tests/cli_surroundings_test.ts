import assert from "node:assert/strict";
import { join } from "node:path";
import { inFolder, namesIn, runTask, tinyModel, writeClip, writePicture } from "./command_line.ts";

Deno.test("without an adapter the command says what to install", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const cases = [
      [{ DENO_WEBGPU_BACKEND: "dx12" }, /hint: unset DENO_WEBGPU_BACKEND$/m],
      [{ DENO_WEBGPU_BACKEND: "vulkan", VK_ICD_FILENAMES: "/none" }, /hint: .*mesa-vulkan-drivers/],
    ] as const;
    for (const [env, hint] of cases) {
      const ended = await upscale(["a.png"], { env });
      assert.equal(ended.code, 6, ended.stderr);
      assert.match(ended.stderr, /error\[GPU_NONE\]: .*no WebGPU adapter/);
      assert.match(ended.stderr, hint);
      assert.doesNotMatch(ended.stderr, /mesa-vulkan-drivers.*mesa-vulkan-drivers/s);
      assert.ok(!namesIn(folder).includes("out"));
    }
  });
});

Deno.test("the processor is no device of its own, and the command says how it is one", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const ended = await upscale(["a.png", "--device", "cpu"]);
    assert.equal(ended.code, 2, ended.stderr);
    assert.match(
      ended.stderr,
      /error\[USAGE\]: --device cpu: .*\n {2}hint: use --device fallback;/,
    );
    const quiet = await upscale(["a.png", "--device", "fallback"]);
    assert.equal(quiet.code, 0, quiet.stderr);
    assert.doesNotMatch(quiet.stderr, /GPU_SOFTWARE/);
  });
});

Deno.test("damaged, foreign and missing weights are told apart", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const whole = await Deno.readFile(await tinyModel());
    await Deno.writeFile(join(folder, "cut.safetensors"), whole.subarray(0, whole.length >> 1));
    await Deno.writeFile(join(folder, "head.safetensors"), whole.subarray(0, 100));
    await Deno.writeTextFile(join(folder, "text.safetensors"), "these are no weights at all");
    for (const name of ["cut", "head", "text"]) {
      const ended = await upscale(["a.png", "-w", `${name}.safetensors`]);
      assert.equal(ended.code, 5, ended.stderr);
      assert.match(ended.stderr, /^error\[WEIGHTS_CORRUPT\]/m);
    }
    const missing = await upscale(["a.png", "-w", "none.safetensors"]);
    assert.equal(missing.code, 5, missing.stderr);
    assert.match(missing.stderr, /^error\[WEIGHTS_MISSING\].*none\.safetensors/m);
    assert.equal((await upscale(["a.png"])).code, 0);
  });
});

Deno.test("an ffmpeg that cannot be run is named, and pictures do not need one", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    await writeClip(join(folder, "b.mp4"), 0.2);
    const env = { FFMPEG_BIN: join(folder, "no-such-ffmpeg") };
    const video = await upscale(["b.mp4"], { env });
    assert.equal(video.code, 8, video.stderr);
    assert.match(video.stderr, /^error\[FFMPEG_MISSING\].*no-such-ffmpeg/m);
    assert.equal((await upscale(["a.png"], { env })).code, 0);
  });
});

Deno.test("an option that does not exist is answered with the one that is near", async () => {
  await inFolder(async (folder, upscale) => {
    const ended = await upscale(["a.png", "--scal", "2"]);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /^error\[USAGE\]: unknown option --scal\n {2}hint: .*--scale\?/m);
    const overlap = await upscale(["a.png", "--overlap", "32"]);
    assert.equal(overlap.code, 2);
    assert.match(overlap.stderr, /unknown option --overlap\n {2}hint: tiles see as much .* seam/);
    const json = await upscale(["a.png", "--scale", "9", "--json"]);
    assert.equal(json.code, 2);
    const { error } = JSON.parse(new TextDecoder().decode(json.stdout));
    assert.equal(error.code, "USAGE");
    const model = await runTask("upscale", ["a.png", "-m", "no-such-model"], { cwd: folder });
    assert.notEqual(model.code, 0);
  });
});

Deno.test("help, versions and models go to standard output", async () => {
  await inFolder(async (_folder, upscale) => {
    const print = async (...args: string[]) => {
      const ended = await upscale(args);
      assert.equal(ended.code, 0, ended.stderr);
      return new TextDecoder().decode(ended.stdout);
    };
    const help = await print("--help");
    for (const name of ["--scale", "--compare", "--dry-run", "--no-keep-metadata", "examples:"]) {
      assert.ok(help.includes(name), name);
    }
    assert.match(await print("--version"), /^vicinity \d+\.\d+\.\d+\n$/);
    const versions = JSON.parse(await print("--version", "--json"));
    assert.equal(versions.deno, Deno.version.deno);
    assert.match(versions.ffmpeg, /\d/);
    assert.ok(Array.isArray(JSON.parse(await print("--list-models", "--json"))));
  });
});

Deno.test("options come from a file too, and one that is unknown there is refused", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 8, 6);
    const file = join(folder, "options.json");
    await Deno.writeTextFile(file, JSON.stringify({ scale: 3, out: "large" }));
    assert.equal((await upscale(["a.png", "--config", "options.json"])).code, 0);
    assert.deepEqual(namesIn(join(folder, "large")), ["a.x3.png", "run.json"]);
    await Deno.writeTextFile(file, JSON.stringify({ skale: 3 }));
    const ended = await upscale(["a.png", "--config", "options.json"]);
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /did you mean --scale\?/);
  });
});
