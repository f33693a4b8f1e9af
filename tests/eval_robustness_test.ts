import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeImage, encodeLabelPng } from "@vicinity/media";
import type { Measurement } from "../scripts/robustness_eval/measure.ts";
import { Confusion } from "../scripts/robustness_eval/score.ts";
import { runTask } from "./command_line.ts";
import { type TinyModel, writeTinyModel } from "./tiny_model.ts";

const [WIDTH, HEIGHT] = [40, 32];

async function writePicture(path: string, phase: number): Promise<void> {
  const data = Uint8Array.from(
    { length: WIDTH * HEIGHT * 3 },
    (_, at) => 128 + 90 * Math.sin(at / 7 + phase) * Math.cos(at / (WIDTH * 9)),
  );
  const image = { width: WIDTH, height: HEIGHT, channels: 3, depth: 8, data } as const;
  await Deno.writeFile(path, await encodeImage(image, { format: "png" }));
}

async function withTinyModel(
  kind: TinyModel,
  body: (
    folder: string,
    evaluate: (...args: string[]) => ReturnType<typeof runTask>,
  ) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    const weights = join(folder, "tiny.safetensors");
    await writeTinyModel(kind, weights);
    await Deno.mkdir(join(folder, "set"));
    await body(
      folder,
      (...args) =>
        runTask(
          "eval:robustness",
          ["set", "--weights", weights, "--task", kind, ...args],
          { cwd: folder },
        ),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function measured(stdout: Uint8Array): Measurement {
  const { models: [only] } = JSON.parse(new TextDecoder().decode(stdout)) as {
    models: Measurement[];
  };
  assert.ok(only);
  return only;
}

Deno.test("classes of pictures are the names of folders; without them clean answers count", async () => {
  await withTinyModel("classify", async (folder, evaluate) => {
    for (const [index, name] of ["bag", "coat"].entries()) {
      await Deno.mkdir(join(folder, "set", name));
      await writePicture(join(folder, "set", name, "a.png"), index);
    }
    const table = await evaluate("--only", "contrast,gaussian noise");
    assert.equal(table.code, 0, table.stderr);
    const text = new TextDecoder().decode(table.stdout);
    assert.match(text, /top-1 in per cent against the given labels; clean pictures [\d.]+ %; 2 /);
    assert.match(text, /^\| \*\*noise\*\* \|( [\d.-]+ \|){7}$/m);
    assert.match(text, /^\| contrast \|( [\d.-]+ \|){7}$/m);
    assert.ok(!text.includes("jpeg"));
    await writePicture(join(folder, "set", "loose.png"), 2);
    const json = await evaluate("--only", "brightness", "--json");
    assert.equal(json.code, 0, json.stderr);
    const { truth, clean, pictures } = measured(json.stdout);
    assert.deepEqual([truth, clean, pictures], ["clean answers", 1, 3]);
    await Deno.mkdir(join(folder, "set", "submarine"));
    const wrong = await evaluate();
    assert.equal(wrong.code, 4);
    assert.match(wrong.stderr, /^error\[LABELS\]: "submarine" is no class of the model$/m);
  });
});

Deno.test("label maps beside pictures count, grey or painted, and move with the pixels", async () => {
  await withTinyModel("segment", async (folder, evaluate) => {
    await writePicture(join(folder, "set", "a.png"), 0);
    const args = ["--only", "elastic,pixelate", "--json", "--seed", "3"];
    const alone = await evaluate(...args);
    assert.equal(alone.code, 0, alone.stderr);
    const own = measured(alone.stdout);
    assert.deepEqual([own.measure, own.truth, own.clean], ["mean IoU", "clean answers", 1]);
    assert.ok(own.all.mean < 1 && own.all.mean > 0);
    const labels = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, at) => at % WIDTH < 20 ? 1 : 2);
    const map = { width: WIDTH, height: HEIGHT, labels };
    const beside = join(folder, "set", "a.labels.png");
    await Deno.writeFile(
      beside,
      encodeLabelPng(map, [[90, 90, 90], [70, 140, 220], [230, 120, 40]]),
    );
    const painted = measured((await evaluate(...args)).stdout);
    assert.equal(painted.truth, "given labels");
    assert.ok(painted.clean < 1);
    const grey = { width: WIDTH, height: HEIGHT, channels: 1, depth: 8, data: labels } as const;
    await Deno.writeFile(beside, await encodeImage(grey, { format: "png" }));
    assert.deepEqual(measured((await evaluate(...args)).stdout), painted);
    const small = { width: 1, height: 1, channels: 1, depth: 8, data: Uint8Array.of(1) } as const;
    await Deno.writeFile(beside, await encodeImage(small, { format: "png" }));
    const wrong = await evaluate(...args);
    assert.equal(wrong.code, 4);
    assert.match(wrong.stderr, /the label map has 1 x 1 pixels, its picture 40 x 32/);
  });
});

Deno.test("what cannot be measured is said in one line", async () => {
  const cwd = await Deno.makeTempDir();
  try {
    for (
      const [args, status, line] of [
        [["--model", "dsvt-mini"], 2, /^error\[MODEL_TASK\]: dsvt-mini finds things in scans$/m],
        [
          ["--only", "rain"],
          2,
          /^Cannot read the arguments: there is no corruption "rain", but there are /,
        ],
        [["--limit", "none"], 2, /--limit is a whole number from 1 on, not "none"\.$/m],
        [["--weights", "x.pth"], 5, /^error\[WEIGHTS_MISSING\].*x\.pth/m],
        [["--strength", "3"], 2, /^Cannot read the arguments: Unknown option/],
      ] as const
    ) {
      const { code, stderr } = await runTask("eval:robustness", args, { cwd });
      assert.equal(code, status, stderr);
      assert.match(stderr, line);
      assert.ok(!stderr.includes("    at "), stderr);
    }
  } finally {
    await Deno.remove(cwd);
  }
});

Deno.test("overlaps are counted over all pictures, and only of classes that are there", () => {
  const confusion = new Confusion(3);
  confusion.add(Uint32Array.of(0, 0, 1, 1), Uint32Array.of(0, 1, 1, 1));
  // 7 is no class, 2 is never there.
  confusion.add(Uint32Array.of(1, 7), Uint32Array.of(2, 0));
  assert.equal(confusion.accuracy, 3 / 5);
  assert.equal(confusion.meanIou, (1 / 2 + 2 / 4) / 2);
});
