import { CliError } from "./errors.ts";
import { choice, type Option } from "./options.ts";
import { softwareAdapter } from "./adapter.ts";

/** Which adapter a run may take. */
export type Device = "auto" | "high" | "low" | "fallback";

const words = choice({
  of: ["auto", "high", "low", "fallback"],
  default: "auto",
  help: "GPU: the fast one, the thrifty one; fallback: no warning when the processor does the work",
});

/** The option `--device`. */
export const DEVICE: Option<Device> = {
  ...words,
  read: (given) => {
    if (given !== "cpu") return words.read(given);
    // Networks run on WebGPU alone; on the processor that is a driver's business.
    throw new CliError("USAGE", "--device cpu: the processor works through a software adapter", {
      hint: `use --device fallback; ${softwareAdapter()}`,
    });
  },
};
