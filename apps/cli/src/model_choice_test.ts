import assert from "node:assert/strict";
import { CliError } from "./errors.ts";
import { chooseModel, type ModelWish } from "./model_choice.ts";
import type { Task } from "./packages.ts";

const SEGMENT: readonly Task[] = ["semantic", "instance", "manipulation"];

function refusal(wish: ModelWish, tasks = SEGMENT): string {
  try {
    chooseModel(tasks, wish);
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    return `${error.code} ${error.exitCode}: ${error.message}; ${error.hint}`;
  }
  assert.fail("it was taken");
}

Deno.test("a model of another command is answered with that command", () => {
  for (const weights of [undefined, "a.pth"]) {
    assert.equal(
      refusal({ model: "dinat-mini", weights }),
      "MODEL_TASK 2: dinat-mini classifies pictures; deno task classify",
    );
  }
  assert.equal(
    refusal({ model: "dsvt-mini", weights: "a.pth" }),
    "MODEL_TASK 2: dsvt-mini finds things in scans; deno task detect",
  );
});

Deno.test("a name that no model has is answered with the nearest of all, weights or not", () => {
  for (const weights of [undefined, "a.pth"]) {
    const refused = (model: string) => refusal({ model, weights });
    assert.equal(
      refused("uppernet-dinat-mini"),
      "USAGE 2: there is no model uppernet-dinat-mini; did you mean upernet-dinat-mini?",
    );
    assert.match(refused("relayfomer-mini"), /did you mean relayformer-mini\?/);
    // What the command can use is preferred, then come the models of all commands.
    assert.match(refused("dinat-sky-animl"), /did you mean dinat-sky-animal\?/);
    assert.match(refused("favit-photo-tipe"), /did you mean favit-photo-type\?/);
    assert.match(refused("something"), /^USAGE 2: .*; see --list-models$/);
  }
});

Deno.test("the file of a model may be elsewhere, but has one name", () => {
  const published = chooseModel(SEGMENT, { model: "upernet-dinat-mini", weights: "a.pth" });
  assert.equal(published.known?.model, "upernet-dinat-mini");
  const own = chooseModel(SEGMENT, { model: "dinat-sky-animal", weights: "a.safetensors" });
  assert.deepEqual([own.id, own.known?.package, own.expected], [
    "dinat-sky-animal",
    "dinat",
    undefined,
  ]);
  assert.match(String(own.address), /a\.safetensors$/);
  const unnamed = chooseModel(SEGMENT, { weights: "a.safetensors" });
  assert.deepEqual([unnamed.id, unnamed.known], ["a.safetensors", undefined]);
  assert.match(refusal({ model: "hf:owner/name", weights: "a.pth" }), /^USAGE 2: .*two files/);
});
