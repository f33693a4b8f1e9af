import assert from "node:assert/strict";
import { helpText } from "./help.ts";
import { flag, text } from "./options.ts";
import type { Task } from "./packages.ts";

Deno.test("options for one kind of input stand by themselves, replaced rows with the others", () => {
  const scans = { points: text({ help: "columns" }), save: text({ help: "results of scans" }) };
  const help = helpText({
    name: "find",
    summary: "Finds.",
    examples: [],
    options: { all: flag({ help: "everything" }), ...scans, save: text({ help: "results" }) },
    optionsFor: { scans },
    tasks: ["detect3d"],
    extensions: ["bin"],
  });
  const [, own = "", kind = "", common = ""] = help.split(/^options of .*:$/m);
  assert.match(own, /--all .*\n.*--save <text> +results\n/);
  assert.match(kind, /--points <text> +columns\n/);
  assert.doesNotMatch(kind + common, /--save/);
  assert.match(help, /^options of find for scans:$/m);
});

Deno.test("the help says where weights come from, as far as the command has models for that", () => {
  const helpOf = (task: Task) =>
    helpText({
      ...{ name: "find", summary: "Finds.", examples: [], options: {}, extensions: [] },
      tasks: [task],
    });
  assert.match(helpOf("classify"), /^environment:\n {2}VISION_WEIGHTS +folder with weights/m);
  assert.match(helpOf("classify"), /^weights.*:\n[^]* of published models +the file of --weights/m);
  assert.doesNotMatch(helpOf("upscale"), /VISION_WEIGHTS|published/);
  assert.match(helpOf("upscale"), /hf:owner\/name +in the cache/);
});
