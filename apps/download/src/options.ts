import { choice, flag, optionLines, type OptionTable } from "@vicinity/cli";

/** What `download` can be told. */
export const DOWNLOAD_OPTIONS = {
  update: flag({ help: "ask the hub for a newer version of what is there" }),
  json: flag({ help: "print what was done as JSON, one line for each of several models" }),
  progress: choice({
    of: ["auto", "bar", "plain", "json", "none"],
    default: "auto",
    help: "how progress is shown on standard error",
  }),
  quiet: flag({ short: "q", help: "show errors only" }),
  help: flag({ short: "h", help: "show this and end" }),
} as const satisfies OptionTable;

/** The text of `--help`. */
export const HELP =
  `Fetches models from a hub into the cache, where other commands find them offline.

usage: deno task download [options] hf:owner/name[@revision][/file]...

options of download:
${Object.entries(DOWNLOAD_OPTIONS).flatMap(optionLines).join("\n")}

Without a file: the usual weights with their shards, and config.json. A download that was cut off goes on
where it ended; sizes and checksums are compared with the hub's.

environment:
  HF_TOKEN                    what proves that private and gated models are open to you
  HF_ENDPOINT                 another hub (default: https://huggingface.co)
  VICINITY_CACHE              where models are kept (default: vicinity in XDG_CACHE_HOME or ~/.cache)

examples:
  deno task download hf:owner/name
  deno task download hf:owner/name@v1.0/model.safetensors
`;
