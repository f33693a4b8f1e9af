import { listFiles } from "@huggingface/hub";
import { HubError } from "./hub_error.ts";
import { type HubId, hubIdText, isCommit } from "./hub_id.ts";
import { PassingFailure, Retries, retryAfterMs, type RetryRule, USUAL_RETRIES } from "./retry.ts";

/** How to reach a hub. */
export interface HubOptions {
  /** Its address; the public hub when absent. */
  readonly endpoint?: string | undefined;
  /** What proves who asks; only the hub itself gets to see it. */
  readonly token?: string | undefined;
  /** Stops everything. */
  readonly signal?: AbortSignal | undefined;
  /** How often to try again. */
  readonly retries?: RetryRule | undefined;
}

/** What a hub says of a file. */
export interface FileFacts {
  /** Its path in the repository. */
  readonly file: string;
  /** The commit that the revision stands for. */
  readonly commit: string;
  /** Length in bytes. */
  readonly size: number;
  /** What changes when the content does. */
  readonly etag: string;
  /** SHA-256 of the content, where the hub knows it: of large files. */
  readonly sha256: string | undefined;
}

/** A file of a repository in words, and its address. */
interface Place {
  readonly what: string;
  readonly url: string;
}

const PUBLIC_HUB = "https://huggingface.co";
const SHA256 = /^[0-9a-f]{64}$/;
const MOST_REDIRECTS = 5;
/** Answers that may be others in a moment. */
const PASSING: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Asks a hub for files.
 *
 * The library of the hub lists repositories. Facts and bytes of a file are asked for here, because its
 * `fileDownloadInfo` follows the redirect to the storage, where the checksum and the commit are no
 * longer told, needs a server that knows ranges, and its `downloadFile` neither goes on after a cut nor
 * waits for a busy server nor compares checksums.
 */
export class HubClient {
  /** The hub's address without a slash at its end. */
  readonly endpoint: string;
  readonly #token: string | undefined;
  readonly #signal: AbortSignal | undefined;
  /** How often to try again, and how long to wait for an answer. */
  readonly rule: RetryRule;

  /**
   * Connects to nothing yet.
   *
   * @param options Which hub, and as whom.
   */
  constructor({ endpoint = PUBLIC_HUB, token, signal, retries = USUAL_RETRIES }: HubOptions) {
    this.endpoint = endpoint.replace(/\/+$/, "");
    this.#token = token;
    this.#signal = signal;
    this.rule = retries;
  }

  /** A new count of failures by this client's rule. */
  retries(): Retries {
    return new Retries(this.rule, this.#signal);
  }

  /**
   * Asks what there is to know of a file before it is fetched.
   *
   * @param id Repository and revision.
   * @param file Path in the repository.
   * @returns The facts, or undefined when the revision has no such file.
   * @throws {HubError} When there is no such repository or revision, or the hub does not answer.
   */
  async facts(id: HubId, file: string): Promise<FileFacts | undefined> {
    const place = this.#place(id, file);
    const headers = await this.#headAlongRedirects(place);
    if (headers === undefined) return undefined;
    const told = (name: string) =>
      headers.map((hop) => hop.get(name)).find((value) => value !== null) ?? undefined;
    const commit = told("X-Repo-Commit") ?? (isCommit(id.revision) ? id.revision : undefined);
    const linked = plainTag(told("X-Linked-Etag"));
    const etag = linked ?? plainTag(headers.at(-1)?.get("ETag"));
    const size = Number(told("X-Linked-Size") ?? headers.at(-1)?.get("Content-Length") ?? NaN);
    if (commit === undefined || !isCommit(commit) || etag === undefined || !isSize(size)) {
      throw new HubError(
        "HUB_FAILED",
        place.what,
        `${this.endpoint} does not tell commit, ETag and size as a hub does`,
        "check HF_ENDPOINT",
      );
    }
    const sha256 = linked !== undefined && SHA256.test(linked) ? linked : undefined;
    return { file, commit, size, etag, sha256 };
  }

  /**
   * Asks for the bytes of a file from some byte on; one attempt.
   *
   * @param id Repository and revision.
   * @param file Path in the repository.
   * @param from First byte.
   * @param signal Ends this attempt.
   * @returns The answer: 206, 200 with all bytes, or 416.
   * @throws {PassingFailure} When it is worth trying again.
   * @throws {HubError} When it is not.
   */
  async bytes(id: HubId, file: string, from: number, signal: AbortSignal): Promise<Response> {
    const place = this.#place(id, file);
    const range: Record<string, string> = from > 0 ? { Range: `bytes=${from}-` } : {};
    const response = await this.#send(place.url, { headers: range, signal });
    if (response.status === 416) return response;
    if (response.ok) return response;
    throw await this.#refusal(response, place.what);
  }

  /**
   * Lists the files of a revision.
   *
   * @param id Repository and revision.
   * @returns Their paths.
   * @throws {HubError} When the hub does not give the list.
   */
  async list(id: HubId): Promise<string[]> {
    const { repository, revision } = id;
    const what = hubIdText({ repository, revision });
    const paths: string[] = [];
    const files = listFiles({
      repo: repository,
      revision: encodeURIComponent(revision),
      recursive: true,
      hubUrl: this.endpoint,
      ...(this.#token === undefined ? {} : { accessToken: this.#token }),
      fetch: (address) => this.#persist(what, () => this.#send(String(address), {})),
    });
    for await (const { path, type } of files) if (type === "file") paths.push(path);
    return paths;
  }

  #place({ repository, revision }: HubId, file: string): Place {
    const path = file.split("/").map(encodeURIComponent).join("/");
    return {
      what: hubIdText({ repository, revision, file }),
      url: `${this.endpoint}/${repository}/resolve/${encodeURIComponent(revision)}/${path}`,
    };
  }

  /** The headers of the hub's answer and of those that it redirects to; undefined without the file. */
  async #headAlongRedirects({ what, url }: Place): Promise<Headers[] | undefined> {
    const hops: Headers[] = [];
    for (let address = url; hops.length <= MOST_REDIRECTS;) {
      const head = () => this.#send(address, { method: "HEAD", redirect: "manual" });
      const response = await this.#persist(what, head, isFileMissing);
      if (isFileMissing(response)) return undefined;
      hops.push(response.headers);
      const location = response.headers.get("Location");
      // Where the hub's own answer tells everything, the storage behind it is not asked.
      const toldAll = response.headers.has("X-Linked-Size") &&
        response.headers.has("X-Linked-Etag");
      if (location === null || toldAll) return hops;
      address = new URL(location, address).href;
    }
    throw new HubError("HUB_FAILED", what, "it is redirected in a circle", "check HF_ENDPOINT");
  }

  /** Sends a request until it is answered, or until there is no more hope. */
  async #persist(
    what: string,
    send: () => Promise<Response>,
    isAnswer: (response: Response) => boolean = () => false,
  ): Promise<Response> {
    const retries = this.retries();
    while (true) {
      try {
        const response = await send();
        if (response.status < 400 || isAnswer(response)) return response;
        throw await this.#refusal(response, what);
      } catch (error) {
        if (!(error instanceof PassingFailure)) throw error;
        if (!await retries.pause(error)) throw this.unreachable(what, error);
      }
    }
  }

  /** The error of a file that did not come after all attempts. */
  unreachable(what: string, failure: PassingFailure): HubError {
    const hint = failure.waitMs === undefined
      ? "check the connection and run it again: it goes on where it stopped"
      : "run it again later: it goes on where it stopped";
    return new HubError("HUB_FAILED", what, failure.message, hint, { cause: failure });
  }

  async #send(
    url: string,
    { headers, ...init }: RequestInit & { headers?: Record<string, string> },
  ): Promise<Response> {
    // A storage is another host: it gets no token. What is compressed on the way has no ranges.
    const own = new URL(url).origin === new URL(this.endpoint).origin;
    const authorization: Record<string, string> = own && this.#token !== undefined
      ? { Authorization: `Bearer ${this.#token}` }
      : {};
    const patience = init.signal ?? AbortSignal.timeout(this.rule.stallMs);
    const signal = AbortSignal.any([patience, ...(this.#signal ? [this.#signal] : [])]);
    try {
      return await fetch(url, {
        ...init,
        signal,
        headers: { "Accept-Encoding": "identity", ...authorization, ...headers },
      });
    } catch (error) {
      this.#signal?.throwIfAborted();
      if (!(error instanceof TypeError) && !(error instanceof DOMException)) throw error;
      const reason = `${new URL(url).host} cannot be reached (${error.message})`;
      throw new PassingFailure(reason, undefined, { cause: error });
    }
  }

  /** What an answer that is no answer means. */
  async #refusal(response: Response, what: string): Promise<Error> {
    await response.body?.cancel();
    const { status, headers } = response;
    const code = headers.get("X-Error-Code");
    if (PASSING.has(status)) {
      const waitMs = retryAfterMs(headers.get("Retry-After"), Date.now());
      const wait = waitMs === undefined ? "" : ` and asks to wait ${Math.ceil(waitMs / 1000)} s`;
      return new PassingFailure(`the hub answers ${status}${wait}`, waitMs);
    }
    if (code === "GatedRepo") {
      const hint = "accept its terms on its page and set HF_TOKEN to a token of yours";
      return new HubError("HUB_DENIED", what, `the repository is gated (${status})`, hint);
    }
    if (status === 401 || status === 403) {
      const [reason, hint] = this.#token === undefined
        ? ["does not exist, or is private or gated", "check the name, or set HF_TOKEN to a token"]
        : ["is not open to the token in HF_TOKEN", "use a token that may read it"];
      return new HubError("HUB_DENIED", what, `the repository ${reason} (${status})`, hint);
    }
    if (status === 404) return new HubError("HUB_MISSING", what, ...absence(code));
    return new HubError("HUB_FAILED", what, `the hub answers ${status}`, "check HF_ENDPOINT");
  }
}

function absence(code: string | null): [reason: string, hint: string] {
  if (code === "RepoNotFound") {
    return ["there is no such repository", "check the name; for a private one set HF_TOKEN"];
  }
  if (code === "RevisionNotFound") return ["there is no such revision", "check what follows the @"];
  return ["there is no such file", "check its name on the repository's page"];
}

/** A missing file is an answer, unlike a missing repository or revision. */
function isFileMissing({ status, headers }: Response): boolean {
  const code = headers.get("X-Error-Code");
  return status === 404 && code !== "RepoNotFound" && code !== "RevisionNotFound";
}

/** An ETag without quotes and without the mark of weakness. */
function plainTag(header: string | null | undefined): string | undefined {
  const tag = header?.replace(/^W\//, "").replaceAll('"', "");
  return tag === "" ? undefined : tag;
}

function isSize(size: number): boolean {
  return Number.isSafeInteger(size) && size >= 0;
}
