/** Values of the tensors of PyTorch files that lie beside a golden file. */
import { dirname, join } from "node:path";
import { TorchFile } from "@vicinity/checkpoint";
import { FileSource } from "@vicinity/checkpoint/deno";
import { GoldenError } from "./errors.ts";
import type { GoldenCase } from "./golden_case.ts";
import type { Kind, Produced } from "./runner.ts";
import { EXACT } from "./tolerance.ts";

/** A golden file whose note names the PyTorch files that its tensors are in, as names or globs. */
export const TORCH_FILE_KIND: Kind = { run, tolerance: EXACT, outputs };

async function filesOf(golden: GoldenCase): Promise<string[]> {
  const globs = golden.text("note").match(/[\w.*-]+\.pth\b/g) ?? [];
  const patterns = globs.map((glob) =>
    new RegExp(`^${glob.replaceAll(".", "\\.").replaceAll("*", ".*")}$`)
  );
  const beside = await Array.fromAsync(Deno.readDir(dirname(golden.path)));
  const names = beside
    .map(({ name }) => name)
    .filter((name) => patterns.some((pattern) => pattern.test(name)))
    .sort();
  if (names.length > 0) return names;
  throw new GoldenError(
    `Cannot run ${golden.path}: none of the files that its note names lies beside it. Put it back.`,
  );
}

async function outputs(golden: GoldenCase): Promise<string[]> {
  const files = await filesOf(golden);
  return files.flatMap((file) => golden.names("").map((key) => `${file} ${key}`));
}

async function* run(golden: GoldenCase): AsyncGenerator<Produced> {
  for (const name of await filesOf(golden)) {
    using source = await FileSource.open(join(dirname(golden.path), name));
    const file = await TorchFile.open(source);
    for (const key of golden.names("")) {
      const values = await file.find(key)?.float64() ?? [];
      yield { name: `${name} ${key}`, values, expected: await golden.tensor(key) };
    }
  }
}
