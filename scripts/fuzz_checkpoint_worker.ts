/**
 * The thread that reads the files of `fuzz_checkpoint.ts`.
 *
 * @module
 */
/// <reference no-default-lib="true" />
/// <reference lib="deno.worker" />
import {
  fuzzCheckpoint,
  fuzzHostile,
  fuzzSubjects,
} from "../packages/checkpoint/src/testing/fuzz_checkpoint.ts";

/** How many damaged copies are read, and what decides the damage. */
export interface FuzzOrder {
  readonly count: number;
  readonly seed: number;
}

/** What is about to be read, a line to print, or that all is done. */
export type FuzzReport =
  | { readonly kind: "file"; readonly name: string }
  | { readonly kind: "line"; readonly text: string }
  | { readonly kind: "end" };

/** Damaged copies for each hostile file, which may have 25 MB. */
const COPIES_PER_HOSTILE = 100;

function report(message: FuzzReport): void {
  self.postMessage(message);
}

async function fuzz({ count, seed }: FuzzOrder): Promise<void> {
  const subjects = await fuzzSubjects(new URL("../fixtures/checkpoint/", import.meta.url));
  for (const [name, subject] of subjects) {
    const copies = Math.ceil(count / subjects.size);
    const read = await fuzzCheckpoint(
      subject,
      copies,
      seed,
      (copy) => report({ kind: "file", name: `copy ${copy} of ${name}` }),
    );
    const text = `${name}: ${copies} damaged copies, ${read} could be read all the same`;
    report({ kind: "line", text });
  }
  const files = Math.ceil(count / COPIES_PER_HOSTILE);
  const read = await fuzzHostile(
    files,
    seed,
    (file) => report({ kind: "file", name: `hostile file ${file}` }),
  );
  report({ kind: "line", text: `${files} hostile files, ${read} could be read all the same` });
  report({ kind: "end" });
}

self.onmessage = ({ data }: MessageEvent<FuzzOrder>) => fuzz(data);
