import assert from "node:assert/strict";
import { decodeFrames, probeVideo, type VideoInfo, VideoWriter } from "../mod.ts";
import { ffmpeg, inFolder, packetSums, pattern, tone, X264 } from "./test_clips.ts";
import { keptStreams, type VideoContainer } from "./video_streams.ts";

const SHORT = pattern("32x32", "25", 0.2);

const CAPTIONS = "Scenarist_SCC V1.0\n\n" +
  "00:00:00:00\t9420 9420 94ae 94ae 9452 9452 97a2 97a2 c8e5 ecec ef80 942c 942c 942f 942f\n\n" +
  "00:00:00:05\t942c 942c\n";

/** Writes a video as its source is, and tells what it holds and what was noted. */
async function rewritten(from: string, to: string): Promise<[VideoInfo, string[]]> {
  const source = await probeVideo(from);
  const { width, height } = source;
  const writer = await VideoWriter.open(to, { source, width, height, preset: "ultrafast" });
  for await (const frame of decodeFrames(source)) await writer.write(frame.data);
  await writer.close();
  return [await probeVideo(to), writer.notes.map(({ code }) => code)];
}

function codecs(streams: readonly { readonly codec: string }[]): string[] {
  return streams.map(({ codec }) => codec);
}

Deno.test("sound of discs that Matroska has no name for becomes FLAC", () =>
  inFolder(async (at) => {
    await ffmpeg(...SHORT, ...tone(0.2), ...X264, "-c:a", "pcm_bluray", at("a.m2ts"));
    const [result, notes] = await rewritten(at("a.m2ts"), at("a.mkv"));
    assert.deepEqual(codecs(result.audio), ["flac"]);
    assert.deepEqual(notes, ["AUDIO_CONVERTED"]);
  }));

Deno.test("captions that Matroska has no name for are left out, and the writer says so", () =>
  inFolder(async (at) => {
    await Deno.writeTextFile(at("c.scc"), CAPTIONS);
    const inputs = [...SHORT, "-i", at("c.scc"), "-map", "0", "-map", "1"];
    await ffmpeg(...inputs, ...X264, "-c:s", "copy", at("c.mov"));
    assert.deepEqual(codecs((await probeVideo(at("c.mov"))).subtitles), ["eia_608"]);
    const [result, notes] = await rewritten(at("c.mov"), at("c.mkv"));
    assert.deepEqual(result.subtitles, []);
    assert.deepEqual(notes, ["SUBTITLES_DROPPED"]);
  }));

for (const codec of ["pcm_s24be", "pcm_f32le", "pcm_mulaw"]) {
  Deno.test(`uncompressed sound of a .mov stays as it is: ${codec}`, () =>
    inFolder(async (at) => {
      await ffmpeg(...SHORT, ...tone(0.2), ...X264, "-c:a", codec, at("a.mov"));
      const [result, notes] = await rewritten(at("a.mov"), at("b.mov"));
      assert.deepEqual([codecs(result.audio), notes], [[codec], []]);
      assert.equal(await packetSums(at("b.mov"), "a"), await packetSums(at("a.mov"), "a"));
    }));
}

Deno.test("what a container has a name for is copied, sound that it has not is converted", () =>
  inFolder(async (at) => {
    await ffmpeg(...SHORT, ...X264, at("a.mp4"));
    const source = await probeVideo(at("a.mp4"));
    const kept = (container: VideoContainer, codec: string, type: "audio" | "subtitle") => {
      const stream = { index: 1, type, codec, startTime: 0, endTime: null, isDefault: false };
      const streams = type === "audio" ? { audio: [stream] } : { subtitles: [stream] };
      const wanted = { audio: "copy", subtitles: "copy" } as const;
      const { audio, subtitles } = keptStreams({ ...source, ...streams }, container, wanted, []);
      return [...audio, ...subtitles][0]?.codec;
    };
    for (const codec of ["aac", "mp2", "ac3", "pcm_s24be", "opus", "wmapro"]) {
      assert.equal(kept("mkv", codec, "audio"), "copy", codec);
    }
    assert.equal(kept("mkv", "pcm_dvd", "audio"), "flac");
    assert.equal(kept("mkv", "pcm_f32be", "audio"), "pcm_f32le");
    assert.equal(kept("mkv", "nellymoser", "audio"), "aac");
    assert.equal(kept("mkv", "", "audio"), undefined);
    assert.equal(kept("mkv", "dvb_teletext", "subtitle"), undefined);
    assert.equal(kept("mkv", "dvb_subtitle", "subtitle"), "copy");
    assert.equal(kept("mkv", "mov_text", "subtitle"), "srt");
    assert.equal(kept("mp4", "subrip", "subtitle"), "mov_text");
    assert.equal(kept("mp4", "dvd_subtitle", "subtitle"), undefined);
  }));
