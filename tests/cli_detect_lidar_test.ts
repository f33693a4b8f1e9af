import assert from "node:assert/strict";
import { join } from "node:path";
import { decodeImage, probeVideo, readPoints } from "@vicinity/media";
import { namesIn, type Run, withCommand } from "./command_line.ts";
import { readRunDocument } from "./documents.ts";

const STREET = new URL("../fixtures/lidar/street.bin", import.meta.url).pathname;
const ALL = "bev,json,kitti,coco,ply,txt,nuscenes,bev-video";

interface Box {
  readonly classId: number;
  readonly className: string;
  readonly score: number;
  readonly center: readonly [number, number, number];
  readonly size: readonly [number, number, number];
  readonly yaw: number;
}

interface Document {
  readonly task: string;
  readonly input: { readonly type: string; readonly points: number };
  readonly result: {
    readonly inRange: number;
    readonly lift: number;
    readonly detections: readonly Box[];
  };
}

/** Gives a test a folder with a street, and `detect` with a tiny network for scans. */
function withStreet(body: (folder: string, detect: Run) => Promise<void>): Promise<void> {
  return withCommand("detect", async (folder, detect) => {
    await Deno.copyFile(STREET, join(folder, "street.bin"));
    await body(folder, detect);
  }, "scan");
}

async function jsonAt<T>(...path: string[]): Promise<T> {
  return JSON.parse(await Deno.readTextFile(join(...path))) as T;
}

Deno.test("the boxes of a scan are alike in all results", async () => {
  await withStreet(async (folder, detect) => {
    const args = [
      "street.bin",
      "--save",
      ALL,
      "--conf",
      "0",
      "--vis-conf",
      "0",
      "--max-boxes",
      "9",
    ];
    const ended = await detect(args);
    assert.equal(ended.code, 0, ended.stderr);
    const out = join(folder, "out");
    assert.deepEqual(namesIn(out), [
      "bev.mp4",
      "kitti",
      "nuscenes.json",
      "run.json",
      "street.bev.png",
      "street.boxes.ply",
      "street.boxes.txt",
      "street.coco.json",
      "street.json",
    ]);
    const { task, input, result } = await jsonAt<Document>(out, "street.json");
    assert.deepEqual([task, input.type, input.points], ["detect3d", "bin", 21108]);
    // The ground lies about 1.7 to 2.25 m below the sensor and the model's at 0.
    assert.ok(result.lift > 1.5 && result.lift < 2.4, `${result.lift}`);
    assert.equal(result.detections.length, 9);
    for (const { className, score, center, size } of result.detections) {
      assert.ok(["Vehicle", "Pedestrian", "Cyclist"].includes(className));
      assert.ok(score >= 0 && score <= 1 && size.every((side) => side > 0));
      assert.ok(Math.abs(center[0]) <= 12.8 && Math.abs(center[1]) <= 12.8);
    }
    const [first] = result.detections;
    assert.ok(first);
    const coco = await jsonAt<{ bbox3d: number[] }[]>(out, "street.coco.json");
    assert.deepEqual(
      coco.map(({ bbox3d }) => bbox3d),
      result.detections.map((box) => [
        ...box.center,
        ...box.size,
        box.yaw,
      ]),
    );
    const kitti = (await Deno.readTextFile(join(out, "kitti", "street.txt"))).trim().split("\n");
    assert.equal(kitti.length, 9);
    const numbers = kitti[0]?.split(" ").slice(1).map(Number) ?? [];
    const close = (at: number, value: number) =>
      assert.ok(Math.abs((numbers[at] ?? NaN) - value) < 2e-4, `${at}: ${numbers[at]}`);
    [first.size[2], first.size[1], first.size[0]].forEach((value, at) => close(7 + at, value));
    close(10, -first.center[1]);
    close(11, -(first.center[2] - first.size[2] / 2));
    close(12, first.center[0]);
    close(14, first.score);
    const text = (await Deno.readTextFile(join(out, "street.boxes.txt"))).trim().split("\n");
    assert.deepEqual(text[1]?.split("\t"), [
      first.className,
      ...[first.score, ...first.center, ...first.size, first.yaw].map(String),
    ]);
    const { results } = await jsonAt<
      { results: Record<string, { translation: number[]; size: number[] }[]> }
    >(out, "nuscenes.json");
    const boxes = results["street"] ?? [];
    assert.equal(boxes.length, 9);
    assert.ok(Math.abs((boxes[0]?.size[0] ?? 0) - first.size[1]) < 1e-4, "width first");
    const ply = await readPoints(await Deno.readFile(join(out, "street.boxes.ply")), {
      name: "a.ply",
    });
    assert.equal(ply.report.rows, 21108 + 10 * 9);
    const picture = await decodeImage(await Deno.readFile(join(out, "street.bev.png")));
    assert.equal(picture.width, 256);
    assert.ok(picture.height > 256);
    const video = await probeVideo(join(out, "bev.mp4"));
    assert.deepEqual([video.frames, video.width, video.height], [1, 256, picture.height]);
  });
});

Deno.test("boxes come back to the axes of a file that was turned, lifted and scaled", async () => {
  await withStreet(async (folder, detect) => {
    const rows = new Float32Array((await Deno.readFile(STREET)).buffer);
    for (let at = 0; at < rows.length; at += 4) {
      const [x = 0, y = 0, z = 0] = rows.subarray(at, at + 3);
      rows.set([-100 * y, 100 * x, 100 * z + 50], at);
    }
    await Deno.writeFile(join(folder, "turned.bin"), new Uint8Array(rows.buffer));
    const common = ["--save", "json", "--conf", "0", "--z-offset", "1.9"];
    const plain = await detect(["street.bin", ...common]);
    assert.equal(plain.code, 0, plain.stderr);
    const transform = "0,0.01,0,0,-0.01,0,0,0,0,0,0.01,-0.5,0,0,0,1";
    const turned = await detect(["turned.bin", ...common, `--transform=${transform}`]);
    assert.equal(turned.code, 0, turned.stderr);
    const [a, b] = await Promise.all(
      ["street", "turned"].map((name) => jsonAt<Document>(folder, "out", `${name}.json`)),
    );
    const [before, after] = [a?.result.detections ?? [], b?.result.detections ?? []];
    assert.ok(before.length > 5);
    for (const box of before.slice(0, 5)) {
      const [x, y, z] = box.center;
      const near = after.find(({ center }) =>
        Math.hypot(center[0] + 100 * y, center[1] - 100 * x, center[2] - 100 * z - 50) < 5
      );
      assert.ok(near, `the box at ${box.center} is not among ${after.map(({ center }) => center)}`);
      assert.ok(Math.abs(near.size[0] - 100 * box.size[0]) < 5);
      const turn = near.yaw - box.yaw - Math.PI / 2;
      assert.ok(Math.abs(Math.sin(turn)) < 0.05 && Math.cos(turn) > 0, `${near.yaw} ${box.yaw}`);
    }
  });
});

Deno.test("a folder of scans is one run with one video, in the order of names", async () => {
  await withStreet(async (folder, detect) => {
    const drive = join(folder, "drive");
    await Deno.mkdir(drive);
    for (const name of ["s10.bin", "s2.bin"]) await Deno.copyFile(STREET, join(drive, name));
    await Deno.writeTextFile(join(drive, "notes.txt"), "not a scan");
    const ended = await detect(["drive", "--save", "bev-video,txt", "--bev-range", "8"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /passed over 1 file/);
    assert.ok(ended.stderr.indexOf("s2.bin: ") < ended.stderr.indexOf("s10.bin: "));
    assert.match(ended.stderr, /^all inputs -> out\/bev\.mp4$/m);
    const video = await probeVideo(join(folder, "out", "bev.mp4"));
    assert.deepEqual([video.frames, video.width], [2, 160]);
    assert.deepEqual(namesIn(join(folder, "out")), [
      "bev.mp4",
      "run.json",
      "s10.boxes.txt",
      "s2.boxes.txt",
    ]);
    const run = readRunDocument(await Deno.readTextFile(join(folder, "out", "run.json")));
    assert.deepEqual(run.outputs?.map(({ product }) => product), ["bev-video"]);
    assert.deepEqual(run.inputs.map(({ outputs: [file] }) => file?.product), ["txt", "txt"]);
    assert.equal(run.seed, undefined);
    const again = await detect(["drive", "--save", "bev-video"]);
    assert.equal(again.code, 7, again.stderr);
    assert.match(again.stderr, /error\[OUTPUT_EXISTS\]/);
    const skipping = await detect(["drive", "--save", "bev-video", "--skip-existing"]);
    assert.equal(skipping.code, 2, skipping.stderr);
  });
});

Deno.test("labels beside scans give precisions, for people and programs", async () => {
  await withStreet(async (folder, detect) => {
    const labels = join(folder, "labels");
    await Deno.mkdir(labels);
    const found = await detect(["street.bin", "--save", "json", "--conf", "0"]);
    assert.equal(found.code, 0, found.stderr);
    const { result } = await jsonAt<Document>(folder, "out", "street.json");
    const boxes = result.detections.map(({ className, center, size, yaw }) => ({
      label: className,
      box: [...center, ...size, yaw],
      num_points: 10,
    }));
    boxes.push({ label: "Car", box: [300, 0, 0, 4, 2, 2, 0], num_points: 10 });
    const path = join(labels, "street.labels.json");
    await Deno.writeTextFile(path, JSON.stringify({ boxes }));
    const ended = await detect(["street.bin", "--eval", "labels", "--save", "none", "--json"]);
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /^class +things +0\.5 m/m);
    const last = new TextDecoder().decode(ended.stdout).trim().split("\n").at(-1) ?? "";
    const { result: { evaluations } } = JSON.parse(last) as {
      result: { evaluations: { distance: { name: string; things: number; meanAp: number }[] } };
    };
    for (const { name, things, meanAp } of evaluations.distance) {
      // What lies outside of the model's range does not count, all else was found where it is.
      assert.equal(things, boxes.slice(0, -1).filter(({ label }) => label === name).length);
      assert.ok(things === 0 || meanAp > 0.95, `${name}: ${meanAp}`);
    }
    const none = await detect(["street.bin", "--eval", "elsewhere", "--save", "none"]);
    assert.equal(none.code, 4, none.stderr);
    assert.match(none.stderr, /error\[LABELS\]/);
  });
});
