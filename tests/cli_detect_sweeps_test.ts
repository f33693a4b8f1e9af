import assert from "node:assert/strict";
import { dirname, join } from "node:path";
import { readPoints } from "@vicinity/media";
import { type Ended, namesIn, type Run, withCommand } from "./command_line.ts";

const STREET = new URL("../fixtures/lidar/street.bin", import.meta.url).pathname;

/** Scans of a drive; the vehicle goes 2 m a scan along x of the world. */
const COUNT = 4;
const STEP = 2;
/** Seconds from one scan to the next. */
const INTERVAL = 0.1;

interface Document {
  readonly result: {
    readonly inRange: number;
    readonly sweeps?: readonly { readonly path: string; readonly lag: number }[];
    readonly detections: readonly unknown[];
  } | null;
  readonly warnings: readonly { readonly code: string }[];
  readonly error: { readonly code: string; readonly message: string } | null;
}

interface NuScenes {
  readonly frame?: string;
  readonly results: Readonly<Record<string, readonly { readonly translation: number[] }[]>>;
}

/** A street with a post at x = 20 + 0.5 scan in the world, each scan in its own axes, in 5 columns. */
function scanAt(street: Float32Array, scan: number): Uint8Array<ArrayBuffer> {
  const near = Math.floor(street.length / 4 / COUNT);
  const rows = Float32Array.from({ length: 5 * (near + 1) }, (_, at) => {
    const [row, column] = [Math.floor(at / 5), at % 5];
    if (row === near) return [20 + 0.5 * scan - STEP * scan, 3, 0, 200, 7][column] ?? 0;
    if (column === 4) return row % 32;
    const value = street[4 * (COUNT * row + scan) + column] ?? 0;
    return column === 3 ? Math.round(255 * value) : value;
  });
  return new Uint8Array(rows.buffer);
}

const nameOf = (scan: number) => `n015__LIDAR_TOP__${scan}.pcd.bin`;
const fileOf = (scan: number) =>
  `${scan % 2 === 1 ? "samples" : "sweeps"}/LIDAR_TOP/${nameOf(scan)}`;

/** The tables of the drive, with a camera that nobody asked for. */
function tables() {
  const scans = Array.from({ length: COUNT }, (_, scan) => scan);
  return {
    sample_data: [
      { token: "camera", prev: "", filename: "samples/CAM_FRONT/1.jpg", timestamp: 1 },
      ...scans.map((scan) => ({
        token: `s${scan}`,
        prev: scan === 0 ? "" : `s${scan - 1}`,
        timestamp: 1532402927647951 + 1e6 * INTERVAL * scan,
        filename: fileOf(scan),
        sample_token: `sample${scan}`,
        ego_pose_token: `e${scan}`,
        calibrated_sensor_token: "top",
        is_key_frame: scan % 2 === 1,
      })),
    ],
    ego_pose: scans.map((scan) => ({
      token: `e${scan}`,
      translation: [100 + STEP * scan, 50, 0],
      rotation: [1, 0, 0, 0],
    })),
    calibrated_sensor: [
      { token: "top", translation: [0, 0, 1.8], rotation: [1, 0, 0, 0] },
      { token: "camera", translation: [1, 0, 1.5], rotation: [0.5, -0.5, 0.5, -0.5] },
    ],
  };
}

async function write(path: string, content: Uint8Array | string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await (typeof content === "string"
    ? Deno.writeTextFile(path, content)
    : Deno.writeFile(path, content));
}

/** Gives a test a data set of nuScenes' form and a list of poses, and `detect`. */
function withDrive(
  body: (folder: string, detect: Run) => Promise<void>,
  model: "scan" | "sweeps" = "sweeps",
): Promise<void> {
  return withCommand("detect", async (folder, detect) => {
    const street = new Float32Array((await Deno.readFile(STREET)).buffer);
    for (let scan = 0; scan < COUNT; scan++) {
      await write(join(folder, "set", fileOf(scan)), scanAt(street, scan));
    }
    for (const [name, rows] of Object.entries(tables())) {
      await write(join(folder, "set", "v1.0-tiny", `${name}.json`), JSON.stringify(rows, null, 1));
    }
    const lines = Array.from(
      { length: COUNT },
      (_, scan) =>
        `${fileOf(scan)} ${500 + INTERVAL * scan} 1 0 0 ${100 + STEP * scan} 0 1 0 50 0 0 1 1.8`,
    );
    await write(join(folder, "set", "poses.txt"), `# drive\n${lines.join("\n")}\n`);
    await body(folder, detect);
  }, model);
}

function documentsIn({ stdout }: Ended): Document[] {
  const lines = new TextDecoder().decode(stdout).trim().split("\n");
  return lines.filter((line) => line !== "").map((line) => JSON.parse(line) as Document);
}

async function jsonAt<T>(...path: string[]): Promise<T> {
  return JSON.parse(await Deno.readTextFile(join(...path))) as T;
}

/** x of the points at y = 3, z = 0 that are the post. */
async function postsIn(path: string): Promise<number[]> {
  const { positions } = await readPoints(await Deno.readFile(path), { name: "a.ply" });
  const found: number[] = [];
  for (let at = 0; at < positions.length; at += 3) {
    if (positions[at + 1] === 3 && positions[at + 2] === 0) found.push(positions[at] ?? NaN);
  }
  return found;
}

Deno.test("sweeps of nuScenes' tables and of a list of poses are the same scan", async () => {
  await withDrive(async (folder, detect) => {
    const key = join("set", fileOf(3));
    const run = async (out: string, ...args: string[]) => {
      const common = ["--save", "ply,json,nuscenes", "--conf", "0", "-o", out];
      const ended = await detect([key, ...common, ...args]);
      assert.equal(ended.code, 0, ended.stderr);
      assert.match(ended.stderr, /; 3 sweeps/);
      const stem = nameOf(3).replace(/\.bin$/, "");
      const document = await jsonAt<Document>(folder, out, `${stem}.json`);
      const posts = await postsIn(join(folder, out, `${stem}.boxes.ply`));
      return { ...document, posts, nuscenes: await jsonAt<NuScenes>(folder, out, "nuscenes.json") };
    };
    const tabled = await run("a", "--tables", "set/v1.0-tiny");
    const listed = await run("b", "--poses", "set/poses.txt");
    // The post has moved by half a metre a scan; what stands still has not.
    assert.deepEqual(tabled.posts, [15.5, 15, 14.5]);
    assert.deepEqual(
      tabled.result?.sweeps?.map(({ path, lag }) => [path, lag]),
      [[join("set", fileOf(2)), 0.1], [join("set", fileOf(1)), 0.2]],
    );
    assert.deepEqual(tabled.warnings, []);
    assert.deepEqual(listed.result, tabled.result);
    assert.deepEqual(listed.posts, tabled.posts);
    // Tables know the token, lists the name alone; both the place in the world.
    const [[token, boxes] = ["", []]] = Object.entries(tabled.nuscenes.results);
    assert.equal(token, "sample3");
    const [[stem, others] = ["", []]] = Object.entries(listed.nuscenes.results);
    assert.equal(stem, nameOf(3).replace(/\.bin$/, ""));
    assert.ok(boxes.length > 0 && boxes.length === others.length);
    for (const { nuscenes } of [tabled, listed]) assert.equal(nuscenes.frame, undefined);
    for (const { translation: [x = 0, y = 0] } of boxes) {
      assert.ok(Math.abs(x - 106) <= 13 && Math.abs(y - 50) <= 13, `${x}, ${y}`);
    }
  });
});

Deno.test("lags reach the model, and the number of sweeps can be said", async () => {
  await withDrive(async (_folder, detect) => {
    const key = join("set", fileOf(3));
    const find = async (...args: string[]) => {
      const ended = await detect([key, "--save", "none", "--json", "--conf", "0", ...args]);
      assert.equal(ended.code, 0, ended.stderr);
      const [document] = documentsIn(ended);
      assert.ok(document?.result);
      return { ...document, result: document.result, stderr: ended.stderr };
    };
    const three = await find("--poses", "set/poses.txt");
    const slow = (await Deno.readTextFile(join(_folder, "set", "poses.txt")))
      .replaceAll(/ 500(\.\d+)?/g, (time) => ` ${500 + 5 * (Number(time) - 500)}`);
    await write(join(_folder, "set", "slow.txt"), slow);
    const slower = await find("--poses", "set/slow.txt");
    assert.equal(slower.result.inRange, three.result.inRange);
    assert.notDeepEqual(slower.result.detections, three.result.detections);
    const one = await find("--poses", "set/poses.txt", "--sweeps", "1");
    assert.deepEqual(one.warnings.map(({ code }) => code), ["POINTS_SWEEPS"]);
    assert.equal(one.result.sweeps, undefined);
    assert.ok(one.result.inRange < three.result.inRange);
    const nine = await find("--poses", "set/poses.txt", "--sweeps", "9");
    assert.equal(nine.result.sweeps?.length, 3);
    assert.match(nine.stderr, /trained on 3 sweeps put together and gets 9/);
    assert.match(nine.stderr, /; 4 of 9 sweeps/);
  });
});

Deno.test("a model of single scans leaves sweeps out, or smears them when told to", async () => {
  await withDrive(async (_folder, detect) => {
    const common = ["set/samples/LIDAR_TOP", "--save", "none", "--json", "--tables=set/v1.0-tiny"];
    const alone = await detect(common);
    assert.equal(alone.code, 0, alone.stderr);
    assert.equal(alone.stderr.match(/none is put together/g)?.length, 1, alone.stderr);
    assert.ok(documentsIn(alone).every((it) => it.result?.sweeps === undefined));
    const told = await detect([...common, "--sweeps", "2"]);
    assert.equal(told.code, 0, told.stderr);
    assert.match(told.stderr, /what moves is smeared/);
    // Other scans of the folder have one before them as well.
    const sweeps = documentsIn(told).flatMap((it) => it.result?.sweeps ?? []);
    assert.deepEqual(sweeps.map(({ path }) => path), [0, 2].map((n) => join("set", fileOf(n))));
  }, "scan");
});

Deno.test("what is missing of sweeps is told by its name", async () => {
  await withDrive(async (folder, detect) => {
    const key = join("set", fileOf(3));
    await write(join(folder, "other.bin"), await Deno.readFile(join(folder, key)));
    await write(join(folder, "bad.txt"), "a.bin 1 2 3\n");
    await write(
      join(folder, "tables", "sample_data.json"),
      '[{"token": "a", "filename": "a.bin"}]',
    );
    const wrong: readonly (readonly [string[], number, RegExp])[] = [
      [[key, "--sweeps", "3"], 2, /--sweeps needs to know where scans were taken/],
      [[key, "--poses", "a", "--tables", "b"], 2, /--poses and --tables both/],
      [["other.bin", "--poses", "set/poses.txt"], 4, /has no line for this scan/],
      [["other.bin", "--tables", "set/v1.0-tiny"], 4, /the tables have no row for this scan/],
      [[key, "--poses", "none.txt"], 4, /the list of poses cannot be read/],
      [[key, "--poses", "bad.txt"], 4, /line 1 has no pose of 7, 12 or 16 numbers/],
      [[key, "--tables", "set"], 4, /the table cannot be read.*\n.*sample_data\.json/],
      [[key, "--tables", "tables"], 4, /the table cannot be read: .*prev/],
    ];
    for (const [args, code, message] of wrong) {
      const ended = await detect([...args, "--save", "txt"]);
      assert.equal(ended.code, code, `${args}: ${ended.stderr}`);
      assert.match(ended.stderr, message, `${args}`);
      if (code === 4) assert.match(ended.stderr, /error\[SWEEPS\]/);
    }
    await Deno.remove(join(folder, "set", fileOf(2)));
    const gone = await detect([key, "--tables", "set/v1.0-tiny", "--save", "txt"]);
    assert.equal(gone.code, 4, gone.stderr);
    assert.match(gone.stderr, /the earlier scan set\/sweeps\S+__2\.pcd\.bin is not there/);
    await write(join(folder, "set", fileOf(2)), new Uint8Array(3));
    const cut = await detect([key, "--tables", "set/v1.0-tiny", "--save", "txt"]);
    assert.match(cut.stderr, /the earlier scan .* cannot be read: .*3 bytes/);
    await Deno.writeTextFile(join(folder, "set", "v1.0-tiny", "ego_pose.json"), "[]");
    const lost = await detect([key, "--tables", "set/v1.0-tiny", "--save", "txt"]);
    assert.match(lost.stderr, /the table ego_pose has no row "e3"/);
    assert.ok(!namesIn(folder).includes("out"));
  });
});

Deno.test("--ego brings the boxes of nuScenes' file into the world", async () => {
  await withDrive(async (folder, detect) => {
    const scan = join("set", fileOf(3));
    const stem = nameOf(3).replace(/\.bin$/, "");
    const quarter = [Math.SQRT1_2, 0, 0, Math.SQRT1_2];
    const pose = {
      lidar2ego: { translation: [1, 0, 1.8], rotation: [1, 0, 0, 0] },
      ego2global: { translation: [400, 600, 0], rotation: quarter },
    };
    await write(join(folder, "ego", `${stem}.json`), JSON.stringify(pose));
    await write(join(folder, "half.json"), JSON.stringify({ lidar2ego: pose.lidar2ego }));
    const boxes = async (out: string, ...args: string[]) => {
      const ended = await detect([scan, "--save", "nuscenes", "--conf", "0", "-o", out, ...args]);
      assert.equal(ended.code, 0, ended.stderr);
      const { frame, results } = await jsonAt<NuScenes>(folder, out, "nuscenes.json");
      return { frame, boxes: results[stem] ?? [] };
    };
    const own = await boxes("own");
    assert.equal(own.frame, "lidar");
    assert.ok(own.boxes.length > 0);
    for (const pattern of ["ego", "ego/{stem}.json", `ego/${stem}.json`]) {
      const world = await boxes(`world${pattern.length}`, "--ego", pattern);
      assert.equal(world.frame, undefined);
      world.boxes.forEach(({ translation: [x = 0, y = 0, z = 0] }, at) => {
        const [a = 0, b = 0, c = 0] = own.boxes[at]?.translation ?? [];
        const off = Math.hypot(x - (400 - b), y - (600 + a + 1), z - (c + 1.8));
        assert.ok(off < 2e-3, `${at}: off by ${off}`);
      });
    }
    for (const pattern of ["nowhere", "half.json"]) {
      const ended = await detect([scan, "--save", "nuscenes", "-o", "bad", "--ego", pattern]);
      assert.equal(ended.code, 4, ended.stderr);
      assert.match(ended.stderr, /error\[CALIBRATION\]: the pose of the scan cannot be read/);
      assert.match(ended.stderr, /lidar2ego and ego2global/);
    }
  });
});
