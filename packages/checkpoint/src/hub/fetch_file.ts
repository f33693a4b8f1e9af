import { dirname } from "node:path";
import { CheckpointError, corruptFile } from "../errors.ts";
import { FileSource } from "../file_source.ts";
import { sha256Hex } from "../sha256.ts";
import type { FileFacts, HubClient } from "./hub_client.ts";
import { type HubId, hubIdText } from "./hub_id.ts";
import { PassingFailure } from "./retry.ts";

/** A file to fetch. */
export interface FileToFetch {
  /** The hub. */
  readonly client: HubClient;
  /** Repository and commit. */
  readonly id: HubId;
  /** What the hub says of the file. */
  readonly facts: FileFacts;
  /** Where it goes; the name must change with its ETag, so that a part is of the same content. */
  readonly target: string;
  /** Told of the bytes that are there after each piece. */
  readonly onBytes?: ((bytes: number) => void) | undefined;
  /** Stops; what is there stays for a later call. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches a file whole and right, or not at all. Its bytes gather in `<target>.part`, from which a
 * later call goes on.
 *
 * @param job What to fetch.
 * @throws {HubError} When it does not come.
 * @throws {CheckpointError} `WEIGHTS_CORRUPT` when size or SHA-256 differ from the announced ones;
 * nothing of it is kept.
 */
export async function fetchFile(job: FileToFetch): Promise<void> {
  const { facts, target } = job;
  const part = `${target}.part`;
  const what = hubIdText({ ...job.id, file: facts.file });
  await Deno.mkdir(dirname(target), { recursive: true });
  try {
    await fillPart(job, part, what);
    await verify(facts, part, what);
  } catch (error) {
    if (error instanceof CheckpointError) await Deno.remove(part);
    throw error;
  }
  await Deno.rename(part, target);
}

/** Appends to the part until it has its size. */
async function fillPart(job: FileToFetch, part: string, what: string): Promise<void> {
  const { client, signal, facts: { size } } = job;
  using file = await Deno.open(part, { read: true, write: true, create: true });
  let have = (await file.stat()).size;
  const retries = client.retries();
  while (have !== size) {
    const before = have;
    try {
      for await (have of receive(job, file, have, what));
      if (have !== size) throw cutOff(have, size);
    } catch (error) {
      signal?.throwIfAborted();
      const failure = asPassing(error, have, size);
      if (have > before) retries.reset();
      if (!await retries.pause(failure)) throw client.unreachable(what, failure);
    }
  }
}

/** One connection: writes what comes and says after each piece how many bytes are there. */
async function* receive(
  { client, id, facts: { file: name, size }, onBytes, signal }: FileToFetch,
  file: Deno.FsFile,
  from: number,
  what: string,
): AsyncGenerator<number> {
  using watch = new StallWatch(client.rule.stallMs, signal);
  const response = await client.bytes(id, name, from < size ? from : 0, watch.signal);
  const start = startOf(response, from, size, what);
  let have = start ?? 0;
  await file.truncate(have);
  await file.seek(have, Deno.SeekMode.Start);
  yield have;
  if (start === undefined) {
    await response.body?.cancel();
    throw new PassingFailure("the storage does not go on where the part ends");
  }
  for await (const piece of response.body ?? []) {
    watch.restart();
    if (have + piece.length > size) {
      throw corruptFile(what, `more than the announced ${size} bytes come`);
    }
    await writeAll(file, piece);
    have += piece.length;
    onBytes?.(have);
    yield have;
  }
}

/** The byte that an answer starts at; undefined when the part must be thrown away. */
function startOf(
  { status, headers }: Response,
  have: number,
  size: number,
  what: string,
): number | undefined {
  const range = /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(headers.get("Content-Range") ?? "");
  const total = status === 200 && !headers.has("Content-Encoding")
    ? headers.get("Content-Length")
    : range?.[2];
  const known = total !== undefined && total !== null && total !== "*";
  if (known && Number(total) !== size) {
    throw corruptFile(what, `it has ${total} bytes, the hub announced ${size}`);
  }
  if (status === 416) return undefined;
  if (status === 200) return 0;
  return Number(range?.[1] ?? NaN) === have ? have : undefined;
}

/** Ends a connection with the caller's signal, or when nothing comes for a while. */
class StallWatch implements Disposable {
  /** Ends the connection. */
  readonly signal: AbortSignal;
  readonly #stalled = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly stallMs: number, signal: AbortSignal | undefined) {
    this.signal = AbortSignal.any([this.#stalled.signal, ...(signal ? [signal] : [])]);
    this.restart();
  }

  /** Something came. */
  restart(): void {
    clearTimeout(this.#timer);
    const failure = new PassingFailure(`nothing came for ${this.stallMs / 1000} s`);
    this.#timer = setTimeout(() => this.#stalled.abort(failure), this.stallMs);
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }
}

/** What ended a connection, if that may pass; anything else is thrown on. */
function asPassing(error: unknown, have: number, size: number): PassingFailure {
  if (error instanceof PassingFailure) return error;
  // A connection that breaks makes the body throw one of these.
  const broken = error instanceof TypeError || error instanceof Deno.errors.Http ||
    error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.UnexpectedEof;
  if (broken) return cutOff(have, size, error);
  throw error;
}

function cutOff(have: number, size: number, cause?: unknown): PassingFailure {
  const reason = `the connection was cut after ${have} of ${size} bytes`;
  return new PassingFailure(reason, undefined, { cause });
}

async function verify({ sha256 }: FileFacts, part: string, what: string): Promise<void> {
  if (sha256 === undefined) return;
  using source = await FileSource.open(part);
  const found = await sha256Hex(source);
  if (found === sha256) return;
  throw corruptFile(what, `its SHA-256 is ${found}, the hub announced ${sha256}`);
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}
