/** What the test files use of Deno, in a page: registering tests, and reading the project's files. */

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

/** A file that was fetched whole. */
class FetchedFile implements Disposable {
  #at = 0;

  constructor(private readonly bytes: Uint8Array) {}

  stat(): Promise<{ size: number; isFile: boolean; isDirectory: boolean }> {
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

async function open(from: string | URL): Promise<FetchedFile> {
  const path = typeof from === "string" ? from : from.pathname;
  const response = await fetch(`/files/${path.replace(/^\//, "")}`);
  if (!response.ok) throw new Error(`Cannot read ${path}: ${response.status}.`);
  return new FetchedFile(await response.bytes());
}

Object.assign(globalThis, {
  Deno: {
    test: (name: string, run: PageTest["run"]) => tests.push({ name, run }),
    open,
    SeekMode: { Start: 0 },
    errors: { NotFound: class extends Error {}, PermissionDenied: class extends Error {} },
  },
});
