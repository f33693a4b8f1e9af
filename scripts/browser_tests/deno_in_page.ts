/** What the test files use of Deno, in a page: registering tests, and reading the project's files. */
import { FOLDER_HEADER, type FolderEntry } from "./folder_answer.ts";

/** A part of a test. */
interface TestContext {
  step(name: string, body: () => Promise<void>): Promise<boolean>;
}

/** A registered test. */
export interface PageTest {
  readonly name: string;
  readonly run: (context: TestContext) => void | Promise<void>;
}

/** All tests, in the order of their registration. */
export const tests: PageTest[] = [];

/** What a file or folder is. */
interface Entry {
  readonly size: number;
  readonly isFile: boolean;
  readonly isDirectory: boolean;
}

class NotFound extends Error {}

/** A file that was fetched whole. */
class FetchedFile implements Disposable {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  stat(): Promise<Entry> {
    return Promise.resolve({ size: this.bytes.length, isFile: true, isDirectory: false });
  }

  seek(offset: number): Promise<number> {
    this.#at = offset;
    return Promise.resolve(offset);
  }

  read(target: Uint8Array): Promise<number | null> {
    const part = this.bytes.subarray(this.#at, this.#at + target.length);
    target.set(part);
    this.#at += part.length;
    return Promise.resolve(part.length || null);
  }

  close(): void {}

  [Symbol.dispose](): void {}
}

async function request(from: string | URL, method: "GET" | "HEAD" = "GET"): Promise<Response> {
  const path = typeof from === "string" ? from : from.pathname;
  const response = await fetch(`/files/${path.replace(/^\//, "")}`, { method });
  if (!response.ok) throw new NotFound(`Cannot read ${path}: ${response.status}.`);
  return response;
}

async function readFile(from: string | URL): Promise<Uint8Array<ArrayBuffer>> {
  return await (await request(from)).bytes();
}

async function stat(from: string | URL): Promise<Entry> {
  const { headers } = await request(from, "HEAD");
  const isDirectory = headers.has(FOLDER_HEADER);
  return { size: Number(headers.get("content-length")), isFile: !isDirectory, isDirectory };
}

async function* readDir(from: string | URL): AsyncGenerator<FolderEntry> {
  const entries: FolderEntry[] = await (await request(from)).json();
  yield* entries;
}

Object.assign(globalThis, {
  Deno: {
    test: (name: string, run: PageTest["run"]) => tests.push({ name, run }),
    open: async (from: string | URL) => new FetchedFile(await readFile(from)),
    readFile,
    readTextFile: async (from: string | URL) => await (await request(from)).text(),
    readDir,
    stat,
    SeekMode: { Start: 0 },
    errors: { NotFound, PermissionDenied: class extends Error {} },
  },
});
