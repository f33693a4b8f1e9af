/**
 * Tries the commands with files of the authors' form, of full size: made from a formula, given to
 * `segment`, `detect` and `classify` as a user gives them. Labels are compared with those of the
 * authors' code.
 *
 * @module
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { SafetensorsFile } from "@vicinity/checkpoint";
import { FileSource } from "@vicinity/checkpoint/deno";
import {
  Classifier,
  DETECTORS,
  SEGMENTERS,
  TwoStageDinat,
  UperNetDinat,
  VARIANTS,
} from "@vicinity/dinat";
import { encodeImage } from "@vicinity/media";
import { CLASS_LISTS } from "@vicinity/vision";
import sharp from "sharp";
import { runTask } from "../../tests/command_line.ts";
import { type OfficialFile, writeOfficialFile } from "./official_weights.ts";

const STORED = new URL(
  "../../fixtures/official/real_upernet_dinat_mini_512.safetensors",
  import.meta.url,
);
/** Share of pixels whose label may differ, of the stored case's description. */
const LABELS_DIFFERING = 0.005;

async function bytesOf(file: SafetensorsFile, name: string): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const chunk of file.find(name)?.chunks() ?? []) parts.push(chunk);
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

/** The stored picture as PNG, and the class of each of its pixels. */
async function storedCase(): Promise<{ readonly png: Uint8Array; readonly labels: Uint8Array }> {
  using source = await FileSource.open(STORED);
  const file = await SafetensorsFile.open(source);
  const bgr = await bytesOf(file, "input.image_bgr_u8");
  const [height = 0, width = 0] = file.find("input.image_bgr_u8")?.shape ?? [];
  const data = bgr.map((_, at) => bgr[at - at % 3 + 2 - at % 3] ?? 0);
  const png = await encodeImage({ width, height, channels: 3, depth: 8, data }, { format: "png" });
  return { png, labels: await bytesOf(file, "output.seg") };
}

const FILES: Readonly<Record<string, OfficialFile>> = {
  "upernet-dinat-mini": {
    declare: (parameters, store) => {
      const variant = SEGMENTERS["upernet-dinat-mini"];
      return variant && new UperNetDinat(parameters, store, variant.network);
    },
    unused: ["auxiliary_head.conv_seg.bias"],
    classes: CLASS_LISTS.ade20k.map(({ name }) => name),
  },
  "mask_rcnn-dinat-mini": {
    declare: (parameters, store) => {
      const variant = DETECTORS["mask_rcnn-dinat-mini"];
      return variant && new TwoStageDinat(parameters, store, variant.network);
    },
    unused: [],
    classes: CLASS_LISTS.coco.map(({ name }) => name),
  },
  "dinat-mini": {
    declare: (parameters, store) => {
      const variant = VARIANTS["dinat-mini"];
      return variant && new Classifier(parameters, store, variant.backbone, 1000);
    },
    unused: [],
    classes: [],
  },
};

async function command(
  cwd: string,
  task: string,
  model: string,
  more: readonly string[],
): Promise<string> {
  const args = ["photo.png", "--model", model, "--weights", `${model}.pth`, ...more];
  const ended = await runTask(task, args, { cwd });
  assert.equal(ended.code, 0, ended.stderr);
  print(ended.stderr.trim().split("\n").at(-1) ?? "");
  return new TextDecoder().decode(ended.stdout);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

async function main(): Promise<void> {
  const cwd = await Deno.makeTempDir({ prefix: "vicinity-" });
  try {
    const { png, labels } = await storedCase();
    await Deno.writeFile(join(cwd, "photo.png"), png);
    for (const [model, file] of Object.entries(FILES)) {
      await writeOfficialFile(join(cwd, `${model}.pth`), file);
    }
    await command(cwd, "segment", "upernet-dinat-mini", ["--save", "labels"]);
    const written = await Deno.readFile(join(cwd, "out", "photo.labels.png"));
    const colors = await sharp(written).removeAlpha().raw().toBuffer();
    const differing = labels.filter((id, pixel) =>
      CLASS_LISTS.ade20k[id]?.color.some((part, c) =>
        part !== colors[3 * pixel + c]
      ) ?? true
    ).length;
    print(`segment: ${differing} of ${labels.length} pixels differ from the authors' labels`);
    assert.ok(differing <= LABELS_DIFFERING * labels.length);
    await command(cwd, "detect", "mask_rcnn-dinat-mini", ["--conf", "0", "--overwrite"]);
    await command(cwd, "segment", "mask_rcnn-dinat-mini", ["--conf", "0.1", "--overwrite"]);
    const printed = await command(cwd, "classify", "dinat-mini", ["--json", "--top", "3"]);
    const { result } = JSON.parse(printed) as { result: { classes: { score: number }[] } };
    assert.equal(result.classes.length, 3);
    print("all commands took the files");
  } finally {
    await Deno.remove(cwd, { recursive: true });
  }
}

await main();
