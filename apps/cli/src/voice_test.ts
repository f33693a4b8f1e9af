import assert from "node:assert/strict";
import { DeviceLostError, GpuError } from "@vicinity/tensor";
import { Progress } from "./progress.ts";
import { toCliError } from "./to_cli_error.ts";
import { Voice } from "./voice.ts";

/** What is said of a failure. */
function said(thrown: unknown, debug: boolean): string {
  const texts: string[] = [];
  const write = (text: string) => void texts.push(text);
  const now = () => 0;
  using progress = new Progress({
    ...{ name: "test", mode: "none", write, terminal: false, columns: 80, now },
  });
  const voice = new Voice(progress, { quiet: false, debug, json: false });
  voice.fail(toCliError(thrown));
  return texts.join("");
}

Deno.test("a shader that does not compile is shown with its numbered lines where that is wanted", () => {
  const error = new GpuError(
    "gemm",
    "Cannot compile gemm: no such name",
    "fn main() {\n  y = 1;\n}",
  );
  assert.match(said(error, true), /\n {4}at [^]*\n1 \| fn main\(\) \{\n2 \| {3}y = 1;\n3 \| \}\n/);
  assert.doesNotMatch(said(error, false), /fn main/);
});

Deno.test("of a GPU that is lost it is said how it can be kept", () => {
  const text = said(new DeviceLostError("Cannot use the GPU: the device was lost (reset)."), false);
  assert.match(text, /error\[GPU_LOST\]: .* \(reset\)\.\n {2}hint: .*--max-dispatch-ms 20;/);
  assert.doesNotMatch(text, /Open a new context/);
});
