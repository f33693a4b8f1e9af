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
