import { CliError, COMMON_OPTIONS, parseCommandLine, standardProgress } from "@vicinity/cli";
import { encodeImage, probeVideo, writeDemoClip } from "@vicinity/media";
import { pillowResize } from "@vicinity/vision";
import assert from "node:assert/strict";
import { join } from "node:path";
import { codingOf } from "../../coding.ts";
import type { Enlarger } from "../../engine.ts";
import { UPSCALE_OPTIONS } from "../../options.ts";
import type { FrameSource } from "../frame_source.ts";
import { openSequenceSource } from "../sequence/sequence_source.ts";
import { VideoSource } from "../video_source.ts";
import type { VideoTask } from "../video_task.ts";
import { planOf, upscaleInParts } from "./parts.ts";

const PART = 5;
const FRAMES = 13;
const SIZE = { factor: 2, width: 65, height: 47 };

/** Enlarges without a network, and can be stopped after some frames. */
class PlainEngine implements Enlarger {
  made = 0;
  constructor(readonly stop?: { readonly after: number; readonly by: () => void | "end" }) {}

  identify() {
    return Promise.resolve({ id: "plain", sha256: "0" });
  }

  async *upscale(...[frames, , { width, height }]: Parameters<Enlarger["upscale"]>) {
    for await (const frame of frames) {
      yield pillowResize(frame, width, height);
      if (++this.made === this.stop?.after && this.stop.by() === "end") return;
    }
  }
}

/** One try in a folder with a clip: with these options, to this file, stopped after so many frames. */
type Try = (args: string[], target: string, stopAfter?: number, how?: "end") => Promise<{
  readonly outcome: Awaited<ReturnType<typeof upscaleInParts>> | undefined;
  readonly error: unknown;
  readonly made: number;
}>;

/** Makes an input in a folder, and says how it is opened. */
type Maker = (folder: string) => Promise<(values: VideoTask["values"]) => Promise<FrameSource>>;

async function clip(folder: string): ReturnType<Maker> {
  const path = join(folder, "in.mp4");
  await writeDemoClip(path, { frames: FRAMES + 4, width: 33, height: 24, samples: 1 });
  const source = { info: await probeVideo(path), range: { start: 2, end: 2 + FRAMES } };
  return (values) => Promise.resolve(new VideoSource(source, values, false));
}

async function pictures(folder: string): ReturnType<Maker> {
  const members = Array.from({ length: FRAMES }, (_, index) => {
    const path = join(folder, "in", `f${index}.png`);
    return { path, shown: path, subfolder: "" };
  });
  await Deno.mkdir(join(folder, "in"));
  for (const [index, { path }] of members.entries()) await writePlain(path, 9 * index);
  const input = { path: join(folder, "in"), shown: "in", subfolder: "", members };
  const { signal } = new AbortController();
  return (values) =>
    openSequenceSource({ input, targets: [] }, { ...values, fps: { num: 25, den: 1 } }, signal);
}

async function writePlain(path: string, level: number): Promise<void> {
  const data = new Uint8Array(33 * 24 * 3).fill(level);
  const picture = { width: 33, height: 24, channels: 3, depth: 8, data } as const;
  await Deno.writeFile(path, await encodeImage(picture, { format: "png" }));
}

async function withInput(
  make: Maker,
  body: (attempt: Try, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const open = await make(folder);
    await body(async (args, target, stopAfter, how) => {
      const controller = new AbortController();
      const abort = () => controller.abort(new CliError("INTERRUPTED", "stopped by the user"));
      const by = () => how ?? abort();
      const engine = new PlainEngine(
        stopAfter === undefined ? undefined : { after: stopAfter, by },
      );
      const { values } = parseCommandLine(args, { ...COMMON_OPTIONS, ...UPSCALE_OPTIONS });
      const source = await open(values);
      const video = { type: "video", source, size: SIZE } as const;
      const task: VideoTask = {
        results: [{ product: "result", target: join(folder, target), width: SIZE.width }],
        coding: await codingOf(values, source.coded, join(folder, target)),
        shown: "in",
        progress: standardProgress("upscale", "none"),
        values,
        scope: { signal: controller.signal, warn: () => {}, warnings: [] },
      };
      const ended = await upscaleInParts(engine, video, task, PART)
        .then((outcome) => ({ outcome, error: undefined }), (error: unknown) => ({
          outcome: undefined,
          error,
        }));
      return { ...ended, made: engine.made };
    }, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

for (
  const [what, make, input, sounds] of [
    ["a video", clip, "in.mp4", 1],
    ["a sequence of pictures", pictures, "in", 0],
  ] as const
) {
  Deno.test(`${what} that was stopped and lost a part ends as one made at once`, () =>
    withInput(make, async (attempt, folder) => {
      const args = ["--preset", "ultrafast"];
      const early = await attempt(args, "a.mp4", 2);
      assert.ok(early.error instanceof CliError && early.error.hint === undefined);
      assert.deepEqual(namesIn(folder), [input]);
      const whole = await attempt(args, "whole.mp4");
      assert.deepEqual(whole.outcome, { frames: FRAMES, resumedFrames: 0 });
      const stopped = await attempt(args, "a.mp4", 2 * PART + 2);
      assert.ok(stopped.error instanceof CliError && stopped.error.code === "INTERRUPTED");
      assert.match(
        stopped.error.hint ?? "",
        /^10 finished frames are kept; --resume goes on/,
      );
      await Deno.remove(join(folder, "a.mp4.work", "00000.mp4"));
      const last = await attempt(args, "a.mp4");
      assert.deepEqual(last.outcome, { frames: FRAMES, resumedFrames: PART });
      assert.equal(last.made, FRAMES - PART);
      const [made, resumed] = await Promise.all(
        ["whole.mp4", "a.mp4"].map((name) => Deno.readFile(join(folder, name))),
      );
      assert.deepEqual(made, resumed);
      assert.deepEqual(namesIn(folder), ["a.mp4", input, "whole.mp4"]);
      const info = await probeVideo(join(folder, "a.mp4"));
      assert.deepEqual([info.frames, info.times[0], info.audio.length], [FRAMES, 0, sounds]);
    }));
}

Deno.test("pictures that changed, and options that change them, are told by name", () =>
  withInput(pictures, async (attempt, folder) => {
    const args = ["--preset", "ultrafast"];
    await attempt(args, "a.mp4", PART + 2);
    await writePlain(join(folder, "in", "f3.png"), 200);
    const { error } = await attempt([...args, "--background", "navy"], "a.mp4");
    assert.ok(error instanceof CliError && error.code === "RESUME_MISMATCH");
    assert.match(
      error.message,
      /: background was 255 255 255, now 0 0 128; f3\.png was \d+ bytes of .*, now \d+ bytes of [^;]*$/,
    );
    for (let index = 4; index < FRAMES; index++) {
      await writePlain(join(folder, "in", `f${index}.png`), 201);
    }
    const many = await attempt(args, "a.mp4");
    assert.match(String(many.error), /f7\.png was .*; and 5 more$/);
    const anew = await attempt([...args, "--restart"], "a.mp4");
    assert.deepEqual(anew.outcome, { frames: FRAMES, resumedFrames: 0 });
  }));

Deno.test("frames that do not come are a failure that keeps the parts before them", () =>
  withInput(clip, async (attempt, folder) => {
    const args = ["--preset", "ultrafast"];
    const failed = await attempt(args, "a.mp4", PART + 2, "end");
    assert.ok(failed.error instanceof CliError && failed.error.code === "FFMPEG_FAILED");
    assert.match(failed.error.message, /gave 2 of the 5 frames/);
    const last = await attempt(args, "a.mp4");
    assert.deepEqual(last.outcome, { frames: FRAMES, resumedFrames: PART });
    assert.deepEqual(namesIn(folder), ["a.mp4", "in.mp4"]);
  }));

Deno.test("names and codecs that parts cannot have are refused before the work", () =>
  withInput(clip, async (attempt, folder) => {
    const named = await attempt([], "a\nb.mp4");
    const coded = await attempt(["--codec", "libvpx"], "a.webm");
    for (const { error, made } of [named, coded]) {
      assert.match(String(error), /VideoOptionsError: Cannot/);
      assert.equal(made, 0);
    }
    assert.deepEqual(namesIn(folder), ["in.mp4"]);
  }));

Deno.test("what is too short for a part of its own goes to the one before", () => {
  const ends = (frames: number) => planOf(frames, 120).map(({ end }) => end);
  assert.deepEqual([5, 120, 131, 133, 253].map(ends), [
    [5],
    [120],
    [131],
    [120, 133],
    [120, 240, 253],
  ]);
});

function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
