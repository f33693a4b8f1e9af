import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Ended,
  ffmpeg,
  inFolder,
  namesIn,
  type Run,
  writeClip,
  writePicture,
} from "./command_line.ts";
import { readDocument } from "./documents.ts";

/** Checks that a command failed as it should and left nothing behind. */
function assertFailed(ended: Ended, code: number, name: string, message: RegExp): void {
  assert.equal(ended.code, code, ended.stderr);
  assert.match(ended.stderr, new RegExp(`^error\\[${name}\\]: `, "m"));
  assert.match(ended.stderr, message);
  assert.doesNotMatch(ended.stderr, /\n\s+at /);
}

interface BadInput {
  readonly title: string;
  readonly file: string;
  readonly make: (path: string) => Promise<void>;
  readonly name: string;
  readonly message: RegExp;
}

const BAD_INPUTS: readonly BadInput[] = [
  {
    title: "a text that is called .mp4",
    file: "note.mp4",
    make: (path) => Deno.writeTextFile(path, "only words\n".repeat(50)),
    name: "VIDEO_UNREADABLE",
    message: /not a readable video/,
  },
  {
    title: "an MP4 whose end is missing",
    file: "cut.mp4",
    make: async (path) => {
      await writeClip(path, 1);
      await Deno.truncate(path, 3000);
    },
    name: "VIDEO_UNREADABLE",
    message: /moov atom not found|Invalid data/,
  },
  {
    title: "a video without a frame",
    file: "none.mp4",
    make: (path) =>
      ffmpeg(["-f", "lavfi", "-i", "color=black:size=32x32:rate=25", "-frames:v", "0", path]),
    name: "VIDEO_NO_FRAMES",
    message: /frames|no video stream/,
  },
  {
    title: "a file with sound only",
    file: "sound.mp4",
    make: (path) => ffmpeg(["-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac", path]),
    name: "VIDEO_NO_FRAMES",
    message: /audio only/,
  },
  {
    title: "a text of its own ending",
    file: "note.txt",
    make: (path) => Deno.writeTextFile(path, "words, not pixels"),
    name: "NOT_AN_IMAGE",
    message: /looks like text/,
  },
  {
    title: "bytes of an unknown kind",
    file: "data.xyz",
    make: (path) => Deno.writeFile(path, Uint8Array.from({ length: 999 }, (_, at) => at * at)),
    name: "VIDEO_UNREADABLE",
    message: /not a readable video \(Invalid data/,
  },
  {
    title: "an empty file",
    file: "empty.png",
    make: (path) => Deno.writeFile(path, new Uint8Array()),
    name: "INPUT_EMPTY",
    message: /0 bytes/,
  },
  {
    title: "a text that is called .png",
    file: "note.png",
    make: (path) => Deno.writeTextFile(path, "words, not pixels"),
    name: "NOT_AN_IMAGE",
    message: /looks like text/,
  },
  {
    title: "a picture whose end is missing",
    file: "cut.png",
    make: async (path) => {
      await writePicture(path, 200, 200);
      await Deno.truncate(path, (await Deno.stat(path)).size - 60);
    },
    name: "IMAGE_TRUNCATED",
    message: /cut off or damaged/,
  },
  {
    title: "a picture in a format that cannot be decoded",
    file: "old.bmp",
    make: (path) => ffmpeg(["-f", "lavfi", "-i", "color=red:size=8x8", "-frames:v", "1", path]),
    name: "IMAGE_CODEC",
    message: /BMP is not supported/,
  },
];

for (const { title, file, make, name, message } of BAD_INPUTS) {
  Deno.test(`upscale refuses ${title} by its name and leaves nothing`, async () => {
    await inFolder(async (folder, upscale) => {
      await make(join(folder, file));
      assertFailed(await upscale([file]), 4, name, message);
      assert.deepEqual(namesIn(folder), [file]);
    });
  });
}

Deno.test("a dry run tells that a video is high dynamic range", async () => {
  await inFolder(async (folder, upscale) => {
    // deno-fmt-ignore
    await ffmpeg([
      "-f", "lavfi", "-i", "testsrc2=size=32x32:duration=0.2", "-pix_fmt", "yuv420p",
      "-color_trc", "arib-std-b67", join(folder, "a.mp4"),
    ]);
    assertFailed(await upscale(["a.mp4", "--dry-run"]), 4, "VIDEO_HDR", /HLG/);
  });
});

Deno.test("a missing input is answered with the name that is near", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "photo.png"), 8, 8);
    const ended = await upscale(["phoot.png"]);
    assertFailed(ended, 4, "INPUT_MISSING", /did you mean photo\.png\?/);
  });
});

Deno.test("folders and globs without media are told with the endings that count", async () => {
  await inFolder(async (folder, upscale) => {
    await Deno.mkdir(join(folder, "notes", "deep"), { recursive: true });
    await Deno.writeTextFile(join(folder, "notes", "a.txt"), "words");
    const places: [string[], number, string, RegExp][] = [
      [["notes", "-r"], 2, "NO_INPUT", /accepted endings: png/],
      [["*.jpgg"], 2, "NO_INPUT", /no input found for "\*\.jpgg"/],
      [["notes"], 4, "INPUT_IS_DIR", /-r/],
      [[""], 2, "USAGE", /an input is empty text/],
    ];
    for (const [args, code, name, message] of places) {
      assertFailed(await upscale(args), code, name, message);
    }
  });
});

Deno.test("a picture over the pixel limit is refused before it is decoded", async () => {
  await inFolder(async (folder, upscale) => {
    await writePicture(join(folder, "a.png"), 40, 30);
    const ended = await upscale(["a.png", "--max-pixels", "1000"]);
    assertFailed(ended, 4, "IMAGE_TOO_LARGE", /40 x 30/);
  });
});

Deno.test("one bad file of a batch does not stop the others, and the exit code says so", async () => {
  await inFolder(async (folder, upscale) => {
    await Deno.mkdir(join(folder, "in"));
    for (const name of ["p1.png", "p2.png", "p10.png"]) {
      await writePicture(join(folder, "in", name), 10, 8);
    }
    await Deno.writeTextFile(join(folder, "in", "p3.png"), "broken");
    await Deno.writeTextFile(join(folder, "in", "readme.txt"), "words");
    const first = await upscale(["in", "--json"]);
    assert.equal(first.code, 3, first.stderr);
    const records = lines(first);
    assert.deepEqual(
      records.map(({ input, status }) => `${input.path} ${status}`),
      ["in/p1.png done", "in/p2.png done", "in/p3.png failed", "in/p10.png done"],
    );
    assert.equal(records[2]?.error?.code, "NOT_AN_IMAGE");
    assert.match(first.stderr, /passed over 1 file/);
    assert.match(first.stderr, /3 done, 1 failed\n {2}NOT_AN_IMAGE {2}in\/p3\.png/);
    const made = ["p1.x2.png", "p10.x2.png", "p2.x2.png", "run.json"];
    assert.deepEqual(namesIn(join(folder, "out")), made);
    await againDoesNothing(folder, upscale);
  });
});

async function againDoesNothing(folder: string, upscale: Run): Promise<void> {
  const before = (await Deno.stat(join(folder, "out", "p1.x2.png"))).mtime;
  const again = await upscale(["in", "--json", "--skip-existing"]);
  assert.equal(again.code, 3, again.stderr);
  assert.deepEqual(
    lines(again).map(({ status }) => status),
    ["skipped", "skipped", "failed", "skipped"],
  );
  assert.deepEqual((await Deno.stat(join(folder, "out", "p1.x2.png"))).mtime, before);
}

interface Line {
  readonly input: { readonly path: string };
  readonly status: string;
  readonly error: { readonly code: string } | null;
}

function lines({ stdout }: Ended): Line[] {
  return new TextDecoder().decode(stdout).trim().split("\n").map((line) =>
    readDocument<Line>(line)
  );
}

Deno.test("a glob is expanded by the command, the user's folder is where paths begin", async () => {
  await inFolder(async (folder, upscale) => {
    const inner = join(folder, "one", "two");
    await Deno.mkdir(inner, { recursive: true });
    await writePicture(join(folder, "one", "a.png"), 8, 8);
    await writePicture(join(inner, "b c ü.png"), 8, 8);
    const ended = await upscale(["../**/*.png", "-o", "results"], { cwd: inner });
    assert.equal(ended.code, 0, ended.stderr);
    const made = ["a.x2.png", "b c ü.x2.png", "run.json"];
    assert.deepEqual(namesIn(join(inner, "results")), made);
  });
});
