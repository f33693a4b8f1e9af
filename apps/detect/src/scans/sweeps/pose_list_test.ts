import assert from "node:assert/strict";
import { parsePoseList } from "./pose_list.ts";

const FORWARD = [1, 0, 0, 5, 0, 1, 0, 6, 0, 0, 1, 7, 0, 0, 0, 1];
const LEFT = [0, -1, 0, 5, 1, 0, 0, 6, 0, 0, 1, 7, 0, 0, 0, 1];

Deno.test("a line has a file, seconds and a pose of 12, 16 or 7 numbers", () => {
  const text = `# file seconds pose
a.bin 10.5 ${FORWARD.slice(0, 12).join(" ")}

sub/b.pcd, 10.6, ${LEFT.join(", ")}   # a comment
c.bin;10.7;5;6;7;${Math.SQRT1_2};0;0;${Math.SQRT1_2}
`;
  const scans = parsePoseList(text);
  assert.deepEqual(scans.map(({ file, time }) => [file, time]), [
    ["a.bin", 10.5],
    ["sub/b.pcd", 10.6],
    ["c.bin", 10.7],
  ]);
  assert.deepEqual(scans[0]?.pose, FORWARD);
  assert.deepEqual(scans[1]?.pose, LEFT);
  scans[2]?.pose.forEach((value, at) => assert(Math.abs(value - (LEFT[at] ?? 0)) < 1e-12));
});

Deno.test("JSON does as well, with rows or one list, and names with blanks", () => {
  const rows = [0, 4, 8, 12].map((at) => LEFT.slice(at, at + 4));
  const scans = parsePoseList(JSON.stringify([
    { file: "my scan.bin", time: 1, pose: rows },
    { file: "b.bin", time: 2, pose: LEFT.slice(0, 12), more: "not read" },
  ]));
  assert.deepEqual(scans, [
    { file: "my scan.bin", time: 1, pose: LEFT },
    { file: "b.bin", time: 2, pose: LEFT },
  ]);
});

Deno.test("what is no list of poses is refused with the line", () => {
  const good = `a.bin 1 ${FORWARD.join(" ")}`;
  const wrong: readonly (readonly [string, RegExp])[] = [
    ["", /it has no scan/],
    ["[]", /it has no scan/],
    [`${good}\nb.bin`, /line 2 has no seconds/],
    [`b.bin ${FORWARD.slice(0, 12).join(" ")}`, /line 1 has no pose of 7, 12 or 16/],
    [`${good}\nb.bin 2 1 2 x`, /line 2 has no pose/],
    [`${good}\nb.bin 2 5 6 7 0 0 0 0`, /line 2 has a pose that does not turn and shift/],
    // Column by column.
    [`b.bin 2 1 0 0 0 1 0 0 0 1 5 6 7`, /line 1 has a pose that does not turn/],
    ['[{"file": "a.bin", "pose": [1]}]', /0\.time/],
    ["[{", /JSON|end/],
  ];
  for (const [text, message] of wrong) assert.throws(() => parsePoseList(text), message, text);
});
