/** A hub and its storage on this machine, as tests need them: obedient until told to make trouble. */

/** A request that came, as tests look at it. */
export interface SeenRequest {
  readonly method: string;
  /** `hub` or `storage`, which are different origins. */
  readonly host: "hub" | "storage";
  readonly path: string;
  readonly range: string | null;
  readonly authorization: string | null;
}

/** What a hub shows of itself. */
export interface FakeHubOptions {
  /** Files of `owner/name` by path. */
  readonly files: Readonly<Record<string, Uint8Array<ArrayBuffer>>>;
  /** The token without which it answers 401. */
  readonly token?: string;
  /** Answers in place of the hub while it gives something. */
  readonly trouble?: (request: SeenRequest, count: number) => Response | undefined;
}

const REPOSITORY = "owner/name";
const LARGE = /\.(safetensors|bin|pth)$/;

/** Serves `owner/name` with the branches `main` and `refs/pr/1`. */
export class FakeHub implements AsyncDisposable {
  /** Everything that was asked, in order. */
  readonly seen: SeenRequest[] = [];
  /** The commit of the branches; tests move it. */
  commit = "a".repeat(40);
  readonly #options: FakeHubOptions;
  readonly #hub: Deno.HttpServer<Deno.NetAddr>;
  readonly #storage: Deno.HttpServer<Deno.NetAddr>;

  /** Starts both servers. */
  constructor(options: FakeHubOptions) {
    this.#options = options;
    const serve = (host: "hub" | "storage") =>
      Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
        return await this.#answer(host, request);
      });
    this.#hub = serve("hub");
    this.#storage = serve("storage");
  }

  /** For `HF_ENDPOINT`. */
  get endpoint(): string {
    return `http://127.0.0.1:${this.#hub.addr.port}`;
  }

  async #answer(host: "hub" | "storage", request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    const seen: SeenRequest = {
      method: request.method,
      host,
      path: decodeURIComponent(pathname),
      range: request.headers.get("Range"),
      authorization: request.headers.get("Authorization"),
    };
    this.seen.push(seen);
    const trouble = this.#options.trouble?.(seen, this.seen.length);
    if (trouble !== undefined) return trouble;
    return host === "hub" ? await this.#hubAnswer(seen, pathname) : this.#content(seen.path, seen);
  }

  async #hubAnswer(seen: SeenRequest, pathname: string): Promise<Response> {
    const { token, files } = this.#options;
    if (token !== undefined && seen.authorization !== `Bearer ${token}`) {
      return failure(401, "RepoNotFound");
    }
    const tree = /^\/api\/models\/owner\/name\/tree\/[^/]+$/.test(pathname);
    if (tree) {
      return Response.json(
        Object.entries(files).map(([path, { length: size }]) => ({
          type: "file",
          path,
          size,
        })),
      );
    }
    const [, repository, revisionText = "", file = ""] =
      /^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/(.+)$/.exec(pathname) ?? [];
    if (repository !== REPOSITORY) return failure(404, "RepoNotFound");
    const revision = decodeURIComponent(revisionText);
    if (!["main", "refs/pr/1", this.commit].includes(revision)) {
      return failure(404, "RevisionNotFound");
    }
    const bytes = files[decodeURIComponent(file)];
    if (bytes === undefined) return failure(404, "EntryNotFound");
    const about = { "X-Repo-Commit": this.commit };
    if (!LARGE.test(file)) return this.#content(`/${file}`, seen, { ...about, ETag: '"small"' });
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
    return new Response(null, {
      status: 302,
      headers: {
        ...about,
        Location: `http://127.0.0.1:${this.#storage.addr.port}/${file}`,
        "X-Linked-Etag": `"${digest}"`,
        "X-Linked-Size": `${bytes.length}`,
      },
    });
  }

  /** The bytes that a request wants. */
  #content(path: string, { method, range }: SeenRequest, headers: HeadersInit = {}): Response {
    const bytes = this.#options.files[decodeURIComponent(path.slice(1))] ?? new Uint8Array();
    const all = new Headers(headers);
    all.set("Content-Length", `${bytes.length}`);
    if (method === "HEAD") return new Response(null, { headers: all });
    const from = /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
    if (from === undefined) return new Response(bytes, { headers: all });
    const start = Number(from);
    if (start >= bytes.length) {
      return new Response(null, {
        status: 416,
        headers: { "Content-Range": `bytes */${bytes.length}` },
      });
    }
    all.set("Content-Length", `${bytes.length - start}`);
    all.set("Content-Range", `bytes ${start}-${bytes.length - 1}/${bytes.length}`);
    return new Response(bytes.subarray(start), { status: 206, headers: all });
  }

  /** Stops both servers. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#hub.shutdown(), this.#storage.shutdown()]);
  }
}

/** A refusal in the hub's way. */
export function failure(status: number, code?: string, headers: HeadersInit = {}): Response {
  const all = new Headers(headers);
  if (code !== undefined) all.set("X-Error-Code", code);
  return new Response(null, { status, headers: all });
}

/** The first bytes of a content, and then the end of the connection. */
export function cutAfter(bytes: Uint8Array<ArrayBuffer>, count: number): Response {
  let sent = false;
  const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
    pull(controller) {
      if (sent) return controller.close();
      sent = true;
      controller.enqueue(bytes.subarray(0, count));
    },
  });
  return new Response(body, { headers: { "Content-Length": `${bytes.length}` } });
}
