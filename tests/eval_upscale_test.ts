import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VideoWriter } from "@vicinity/media";
import { ClipFile } from "../scripts/upscale_eval/clips.ts";
import { writeTinyModel } from "./tiny_model.ts";

const root = fileURLToPath(new URL("../", import.meta.url));
const [WIDTH, HEIGHT, FRAMES] = [48, 36, 6];
const NAME = "simplegvr-mini-xs";

/** A pattern that can be drawn in any size. */
function frame(time: number, scale: number): Uint8Array {
  const width = WIDTH / scale;
  return Uint8Array.from({ length: width * HEIGHT / scale * 3 }, (_, at) => {
    const [x, y] = [Math.floor(at / 3) % width, Math.floor(at / 3 / width)].map((p) =>
      (p + 0.5) * scale
    ) as [number, number];
    return 128 + 70 * Math.sin((x + time) / 3 + at % 3) * Math.cos(y / 4);
  });
}

async function writeClip(path: string, scale: number, frames = FRAMES): Promise<void> {
  const writer = await VideoWriter.open(path, {
    width: WIDTH / scale,
    height: HEIGHT / scale,
    rate: { num: 25, den: 1 },
    codec: "ffv1",
    pixelFormat: "bgr0",
  });
  for (let time = 0; time < frames; time++) await writer.write(frame(time, scale));
  await writer.close();
}

async function evaluate(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "eval:upscale", ...args],
    cwd: root,
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

async function withEvaluationSet(run: (data: string, weights: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    const weights = join(folder, "tiny.safetensors");
    await writeTinyModel("upscale", weights);
    for (const name of ["fine", "calm"]) {
      await Deno.mkdir(join(folder, name));
      await writeClip(join(folder, name, "hr.mkv"), 1);
      await writeClip(join(folder, name, "lr_x2.mkv"), 2);
    }
    const clips = [{ name: "fine", kind: "detailed" }, { name: "calm", kind: "smooth" }];
    await Deno.writeTextFile(join(folder, "manifest.json"), JSON.stringify({ clips }));
    await run(folder, weights);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("the evaluation decodes lossless clips to the bytes that were written", async () => {
  await withEvaluationSet(async (data) => {
    const file = await ClipFile.open(join(data, "fine", "hr.mkv"), 100);
    assert.deepEqual([file.width, file.height, file.frames], [WIDTH, HEIGHT, FRAMES]);
    let time = 0;
    for await (const { data: bytes } of file.decode()) {
      assert.deepEqual(new Uint8Array(bytes), frame(time++, 1));
    }
    assert.equal(time, FRAMES);
  });
});

Deno.test("the evaluation tells every method's scores, and ablations for detailed clips", async () => {
  await withEvaluationSet(async (data, weights) => {
    const { code, out, err } = await evaluate(
      ...["--data", data, "--weights", weights, "--model", NAME, "--scales", "2"],
    );
    assert.equal(code, 0, err);
    const lines = out.split("\n");
    assert.equal(
      lines[2],
      `| clip | bicubic | Lanczos | ${NAME} | latent alone | without the latent |`,
    );
    assert.match(out, /\| fine \|( \d\d\.\d\d \/ 0\.\d{4} \/ 0\.\d{4} \|){5}\n/);
    assert.match(out, /\| calm \|( \d\d\.\d\d \/ 0\.\d{4} \/ 0\.\d{4} \|){3} {2}\| {2}\|\n/);
    const means = new RegExp(
      String.raw`Mean PSNR against Lanczos, dB: bicubic [+−]\d+\.\d\d, ${NAME} `,
    );
    assert.match(out, means);
  });
});

Deno.test("a twin that makes other frames ends the evaluation with status 1", async () => {
  await withEvaluationSet(async (data, weights) => {
    await writeClip(join(data, "calm", "x2.mkv"), 1);
    const { code, out, err } = await evaluate(
      ...["--data", data, "--weights", weights, "--twin", data, "--json"],
      ...["--scales", "2", "--clips", "calm", "--frames", "2"],
    );
    assert.equal(code, 1, err);
    const { results, twins } = JSON.parse(out);
    assert.deepEqual(
      results.map(({ method }: { method: string }) => method),
      ["bicubic", "Lanczos", weights],
    );
    assert.equal(twins.length, 1);
    assert.ok(twins[0].psnr < 60 && twins[0].largest > 0);
    assert.ok(results[2].score.psnr < 60);
  });
});

Deno.test("the evaluation takes part of a clip, and all of it when told to", async () => {
  await withEvaluationSet(async (data, weights) => {
    const psnr = async (...frames: string[]) => {
      const { out, err } = await evaluate(
        ...["--data", data, "--weights", weights, "--scales", "2", "--clips", "calm", "--json"],
        ...frames,
      );
      assert.doesNotMatch(err, /rror/);
      return JSON.parse(out).results[0].score.psnr;
    };
    assert.notEqual(await psnr(), await psnr("--frames", "all"));
    const { code, err } = await evaluate("--data", data, "--weights", weights, "--frames", "some");
    assert.equal(code, 2);
    assert.match(err, /--frames is a number or all, not "some"/);
  });
});
