import assert from "node:assert/strict";
import { join } from "node:path";
import { encodeNpy } from "@vicinity/media";
import {
  type Ended,
  namesIn,
  type Run,
  runTask,
  withCommand,
  writePicture,
} from "./command_line.ts";
import { readDocument } from "./documents.ts";

const STREET = new URL("../fixtures/lidar/street.bin", import.meta.url).pathname;

interface Document {
  readonly input: { readonly path: string };
  readonly status: string;
  readonly result: { readonly inRange: number; readonly detections: readonly unknown[] } | null;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly error: { readonly code: string } | null;
}

type Rows = Float32Array<ArrayBuffer>;

/** Gives a test a folder, the rows of a street, and `detect` with a tiny network for scans. */
function withStreet(
  body: (folder: string, detect: Run, rows: Rows) => Promise<void>,
): Promise<void> {
  return withCommand("detect", async (folder, detect) => {
    const rows = new Float32Array((await Deno.readFile(STREET)).buffer);
    await body(folder, detect, rows);
  }, "scan");
}

function documents({ stdout }: Ended): ReadonlyMap<string, Document> {
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return new Map(
    lines.map((line) => readDocument<Document>(line)).map((it) => [it.input.path, it]),
  );
}

/** The street with another number of columns, each made from the row and the column. */
function columns(rows: Rows, count: number, value: (row: number, column: number) => number): Rows {
  return Float32Array.from(
    { length: rows.length / 4 * count },
    (_, at) => value(Math.floor(at / count), at % count),
  );
}

Deno.test("files that are no scans fail alone and say why; the others are done", async () => {
  await withStreet(async (folder, detect, rows) => {
    const bytes = new Uint8Array(rows.buffer);
    const files: Record<string, Uint8Array> = {
      "cut.bin": bytes.subarray(0, 100_003),
      "empty.bin": new Uint8Array(),
      "good.bin": bytes,
      "words.bin": new TextEncoder().encode("these are words\nand no numbers\n"),
      "cut.npy": encodeNpy(rows, [rows.length / 4, 4]).subarray(0, 100_000),
      "cut.pcd": new TextEncoder().encode(
        "VERSION .7\nFIELDS x y z\nSIZE 4 4 4\nTYPE F F F\nCOUNT 1 1 1\nWIDTH 9\nHEIGHT 1\n" +
          "POINTS 9\nDATA binary\nabc",
      ),
      "packed.laz": lazHeader(),
    };
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), content);
    }
    await writePicture(join(folder, "photo.png"), 30, 20);
    const names = [...Object.keys(files), "photo.png", "none.bin"].sort();
    const ended = await detect([
      ...names.filter((it) => it !== "none.bin"),
      "--save",
      "txt",
      "--json",
    ]);
    assert.equal(ended.code, 3, ended.stderr);
    const codes = Object.fromEntries(
      [...documents(ended)].map(([name, { error }]) => [name, error?.code ?? null]),
    );
    assert.deepEqual(codes, {
      "cut.bin": "POINTS_LAYOUT",
      "cut.npy": "POINTS_TRUNCATED",
      "cut.pcd": "POINTS_TRUNCATED",
      "empty.bin": "INPUT_EMPTY",
      "good.bin": null,
      "packed.laz": codes["packed.laz"],
      "photo.png": "INPUT_KIND",
      "words.bin": "POINTS_DAMAGED",
    });
    assert.match(String(codes["packed.laz"]), /^POINTS_/);
    assert.deepEqual(namesIn(join(folder, "out")), ["good.boxes.txt", "run.json"]);
    const missing = await detect(["none.bin"]);
    assert.equal(missing.code, 4, missing.stderr);
  });
});

/** A LAS header that says that what follows is packed, and nothing that follows. */
function lazHeader(): Uint8Array {
  const header = new Uint8Array(227);
  const view = new DataView(header.buffer);
  header.set(new TextEncoder().encode("LASF"));
  header.set([1, 2], 24);
  view.setUint16(94, 227, true);
  view.setUint32(96, 227, true);
  header[104] = 0x80;
  view.setUint16(105, 20, true);
  view.setUint32(107, 100, true);
  return header;
}

Deno.test("odd scans are done with a warning, and nothing in range is nothing found", async () => {
  await withStreet(async (folder, detect, rows) => {
    const scans: Record<string, Rows> = {
      "all-nan.bin": rows.map(() => NaN),
      "centimetres.bin": rows.map((value, at) => at % 4 === 3 ? value : 100 * value),
      "far.bin": rows.map((value, at) => at % 4 === 0 ? value + 500 : value),
      "one.bin": Float32Array.of(5, 5, -1.5, 0.5),
      "some-nan.bin": rows.map((value, at) => at % 28 === 1 ? NaN : value),
    };
    for (const [name, content] of Object.entries(scans)) {
      await Deno.writeFile(join(folder, name), new Uint8Array(content.buffer));
    }
    const names = Object.keys(scans);
    const ended = await detect([...names, "--save", "bev", "--json", "--conf", "0"]);
    assert.equal(ended.code, 0, ended.stderr);
    const found = documents(ended);
    const codes = (name: string) => found.get(name)?.warnings.map(({ code }) => code);
    assert.deepEqual(codes("all-nan.bin"), ["POINTS_DROPPED", "POINTS_NONE"]);
    assert.ok(codes("centimetres.bin")?.includes("POINTS_RANGE"));
    assert.ok(codes("far.bin")?.includes("POINTS_RANGE"));
    assert.deepEqual(codes("one.bin"), ["POINTS_GROUND"]);
    assert.deepEqual(codes("some-nan.bin"), ["POINTS_DROPPED"]);
    for (const name of ["all-nan.bin", "far.bin"]) {
      assert.deepEqual(found.get(name)?.result?.inRange, 0);
      assert.deepEqual(found.get(name)?.result?.detections, []);
    }
    const far = found.get("far.bin")?.warnings.find(({ code }) => code === "POINTS_RANGE");
    assert.match(far?.message ?? "", /only 0 of 21108 .*x -12\.8 to 12\.8.*x 4\d\d/);
    assert.equal(namesIn(join(folder, "out")).length, names.length + 1);
  });
});

Deno.test("columns are told by what they hold, or by the user", async () => {
  await withStreet(async (folder, detect, rows) => {
    const at = (row: number, column: number) => rows[row * 4 + column] ?? 0;
    const files: Record<string, Uint8Array> = {
      "bare.bin": new Uint8Array(columns(rows, 3, at).buffer),
      "kitti.bin": new Uint8Array(rows.buffer),
      "array.npy": encodeNpy(rows, [rows.length / 4, 4]),
      "six.bin": new Uint8Array(
        columns(rows, 6, (row, column) => column < 4 ? at(row, column) : row).buffer,
      ),
    };
    for (const [name, content] of Object.entries(files)) {
      await Deno.writeFile(join(folder, name), content);
    }
    const run = async (...args: string[]) => {
      const ended = await detect([...args, "--save", "none", "--json", "--conf", "0"]);
      assert.equal(ended.code, 0, ended.stderr);
      return documents(ended);
    };
    const told = await run("kitti.bin", "array.npy");
    const kitti = told.get("kitti.bin");
    assert.ok((kitti?.result?.detections.length ?? 0) > 0);
    assert.deepEqual(told.get("array.npy")?.result, kitti?.result);
    const six = (await run("six.bin", "--points", "6:x,y,z,i")).get("six.bin");
    assert.deepEqual(six?.result, kitti?.result);
    const bare = (await run("bare.bin", "--points", "xyz")).get("bare.bin");
    assert.deepEqual(bare?.warnings.map(({ code }) => code), ["POINTS_INTENSITY"]);
    const wrong = await detect(["kitti.bin", "--points", "xyzir", "--save", "none", "--json"]);
    assert.equal(wrong.code, 4, wrong.stderr);
    assert.match(wrong.stderr, /error\[POINTS_LAYOUT\]/);
  });
});

Deno.test("options that do not fit are usage errors before any work", async () => {
  await withStreet(async (folder, detect) => {
    await Deno.copyFile(STREET, join(folder, "a.bin"));
    const wrong: readonly (readonly [string[], RegExp])[] = [
      [["--points", "xyq"], /--points cannot be read/],
      [["--bev-range", "1,2"], /--bev-range cannot be read/],
      [["--transform", "1,2,3"], /--transform cannot be used/],
      [["--opacity", "0.3"], /--opacity is for pictures and videos/],
      [["--save", "overlay"], /--save does not know overlay/],
      [["--save", "none"], /--save none leaves no result/],
      [["--bev-range", "50", "--bev-res", "0.01"], /10000 x 10000 pixels/],
      [["--classes", "Tram"], /no class Tram/],
      [["--save", "bev-video", "-o", "a.mp4"], /needs a folder/],
    ];
    for (const [args, expected] of wrong) {
      const ended = await detect(["a.bin", ...args]);
      assert.ok([2, 4].includes(ended.code), `${args}: ${ended.code} ${ended.stderr}`);
      assert.match(ended.stderr, expected, `${args}`);
    }
    const fashion = new URL("../models/dinat-fashion/model.safetensors", import.meta.url).pathname;
    const foreign = await detect(["a.bin", "-w", fashion]);
    assert.equal(foreign.code, 5, foreign.stderr);
    assert.match(
      foreign.stderr,
      /error\[WEIGHTS_MISMATCH\]: this is a model for classify\n.*\n {2}hint: .*task classify/,
    );
    await writePicture(join(folder, "photo.png"), 30, 20);
    const named = ["a.bin", "--model", "dinat-animal-boxes"];
    const other = await runTask("detect", named, { cwd: folder });
    assert.equal(other.code, 4, other.stderr);
    assert.match(other.stderr, /INPUT_KIND/);
    const picture = await runTask("detect", ["photo.png", "--bev-res", "0.2"], { cwd: folder });
    assert.equal(picture.code, 2, picture.stderr);
    assert.match(picture.stderr, /--bev-res is for scans/);
    assert.deepEqual(namesIn(folder), ["a.bin", "photo.png"]);
    assert.ok(!namesIn(folder).includes("out"));
  });
});

Deno.test("a scan comes through standard input, and its picture goes out by standard output", async () => {
  await withStreet(async (_folder, detect, rows) => {
    const stdin = new Uint8Array(rows.buffer);
    const ended = await detect(["-", "-o", "-", "--save", "bev"], { stdin });
    assert.equal(ended.code, 0, ended.stderr);
    assert.deepEqual([...ended.stdout.subarray(1, 4)], [...new TextEncoder().encode("PNG")]);
  });
});
