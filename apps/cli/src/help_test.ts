import assert from "node:assert/strict";
import { helpText } from "./help.ts";
import { flag, text } from "./options.ts";

Deno.test("options for one kind of input stand by themselves, replaced rows with the others", () => {
  const scans = { points: text({ help: "columns" }), save: text({ help: "results of scans" }) };
  const help = helpText({
    name: "find",
    summary: "Finds.",
    examples: [],
    options: { all: flag({ help: "everything" }), ...scans, save: text({ help: "results" }) },
    optionsFor: { scans },
    extensions: ["bin"],
  });
  const [, own = "", kind = "", common = ""] = help.split(/^options of .*:$/m);
  assert.match(own, /--all .*\n.*--save <text> +results\n/);
  assert.match(kind, /--points <text> +columns\n/);
  assert.doesNotMatch(kind + common, /--save/);
  assert.match(help, /^options of find for scans:$/m);
});
