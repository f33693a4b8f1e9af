import assert from "node:assert/strict";
import { Progress, type ProgressMode } from "./progress.ts";

function capture(mode: ProgressMode, terminal = false, columns = 80) {
  const screen = { text: "", now: 0 };
  const progress = new Progress({
    name: "upscale",
    mode,
    terminal,
    columns,
    write: (text) => screen.text += text,
    now: () => screen.now,
  });
  return { screen, progress };
}

Deno.test("plain progress prints a line for each tenth of the work", () => {
  const { screen, progress } = capture("auto");
  for (let done = 1; done <= 100; done++) {
    screen.now += 50;
    progress.report({ phase: "run", done, total: 100, unit: "frame", item: "a.mp4" });
  }
  const lines = screen.text.trim().split("\n");
  assert.ok(lines.length >= 10 && lines.length <= 12, `${lines.length} lines`);
  assert.match(lines.at(-1) ?? "", /upscale 100\/100 {2}100 %.*20\.0 frame\/s.*ETA 0:00 {2}a\.mp4/);
});

Deno.test("JSON progress knows no ETA before three units and a true one later", () => {
  const { screen, progress } = capture("json");
  for (let done = 1; done <= 4; done++) {
    screen.now += done === 1 ? 3000 : 500;
    progress.report({ phase: "run", done, total: 10, unit: "frame" });
  }
  const events = screen.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(events[1].etaSec, null);
  assert.equal(events[3].etaSec, 3);
  assert.equal(events[3].rate, 2);
});

Deno.test("the bar stays inside the terminal, hides the cursor and gives it back", () => {
  const { screen, progress } = capture("auto", true, 30);
  progress.report({ phase: "run", done: 1, total: 2, unit: "frame", item: "long".repeat(20) });
  progress.message("warning");
  assert.ok(screen.text.startsWith("\x1b[?25l\r\x1b[2Kupscale 1/2"));
  assert.ok(screen.text.endsWith("\r\x1b[2K\x1b[?25hwarning\n"));
  // deno-lint-ignore no-control-regex
  const visible = screen.text.split("warning")[0]?.replace(/\x1b\[[?0-9]*[a-zA-Z]|\r/g, "") ?? "";
  assert.ok(visible.length < 30);
});

Deno.test("no progress is shown when none is wanted", () => {
  const { screen, progress } = capture("none", true);
  progress.report({ phase: "run", done: 2, total: 2, unit: "frame" });
  assert.equal(screen.text, "");
});

Deno.test("what is compiled in between does not begin the work anew", () => {
  const { screen, progress } = capture("json");
  for (let done = 1; done <= 5; done++) {
    screen.now += 500;
    progress.report({ phase: "run", done, total: 10, unit: "frame", item: "a.mp4" });
    if (done !== 4) continue;
    for (const [at, item] of ["gemm", "softmax"].entries()) {
      progress.report({ phase: "compile", done: at + 1, total: 2, unit: "pipeline", item });
    }
    assert.deepEqual(progress.last?.phase, "run");
  }
  const events = screen.text.trim().split("\n").map((line) => JSON.parse(line));
  const compiled = events.filter(({ phase }) => phase === "compile");
  assert.deepEqual(compiled.map(({ done, item }) => [done, item]), [[1, "gemm"], [2, "softmax"]]);
  assert.equal(events.at(-1).etaSec, 3);
});

Deno.test("bytes are shown in megabytes, and told as they are", () => {
  const total = 50_000_000;
  const text = (mode: ProgressMode) => {
    const { screen, progress } = capture(mode, mode === "bar", 120);
    for (const done of [10_000_000, 20_000_000, 30_000_000]) {
      screen.now += 1000;
      progress.report({ phase: "load", done, total, unit: "byte", item: `weight ${done}` });
    }
    return screen.text.trim().split(/[\n\r]/).at(-1) ?? "";
  };
  assert.match(
    text("bar"),
    /upscale load 30\.0\/50\.0 MB {2}60 %.* {2}10\.0 MB\/s .*ETA 0:02 {2}weight 3/,
  );
  const event = JSON.parse(text("json"));
  const { done, unit, rate, etaSec } = event;
  assert.deepEqual([done, event.total, unit, rate, etaSec], [30_000_000, total, "byte", 1e7, 2]);
});

Deno.test("at the end no time is left, however quick the last units were", () => {
  const { screen, progress } = capture("json");
  for (let done = 1; done <= 25; done++) {
    screen.now += done < 20 ? 400 : 10;
    progress.report({ phase: "run", done, total: 25, unit: "frame" });
  }
  const events = screen.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([events.at(-1).done, events.at(-1).etaSec], [25, 0]);
});

Deno.test("inside a picture pixels are shown in millions, in a log only when it takes long", () => {
  const pixels = { phase: "run", total: 4_000_000, unit: "pixel", item: "[1/2] a.png" } as const;
  const bar = capture("bar", true, 120);
  bar.progress.report({ ...pixels, done: 1_200_000 });
  assert.match(bar.screen.text, /upscale 1\.2\/4\.0 MP {2}30 % .*\[1\/2\] a\.png/);
  const log = capture("plain");
  for (let step = 1; step <= 40; step++) {
    log.screen.now += 600;
    log.progress.report({ ...pixels, done: step * 100_000 });
  }
  assert.equal(log.screen.text.trim().split("\n").length, 2);
});

Deno.test("a picture's parts do not begin the count of inputs anew", () => {
  const { screen, progress } = capture("json");
  for (let done = 1; done <= 4; done++) {
    const item = `${done}.png`;
    progress.report({ phase: "run", done: 500, total: 1000, unit: "pixel", item });
    screen.now += 1000;
    progress.report({ phase: "run", done, total: 10, unit: "input", item });
  }
  const events = screen.text.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual([events.at(-1).unit, events.at(-1).rate], ["input", 1]);
});
