import assert from "node:assert/strict";
import { join } from "node:path";
import { CheckpointError } from "../errors.ts";
import { openCheckpoint } from "../open_checkpoint.ts";
import { cutAfter, failure, FakeHub, type FakeHubOptions } from "../testing/fake_hub.ts";
import { writeSafetensors } from "../write_safetensors.ts";
import { type DownloadedModel, downloadModel, HubError } from "./download_model.ts";
import { HubCache } from "./hub_cache.ts";
import { parseHubId } from "./hub_id.ts";

const WEIGHTS = writeSafetensors([
  { name: "head.weight", dtype: "F32", shape: [100, 50], values: new Float32Array(5000).fill(3) },
]);
const CONFIG = new TextEncoder().encode('{"depth":2}');
const FILES = { "model.safetensors": WEIGHTS, "config.json": CONFIG, "other/best.pth": WEIGHTS };
const ID = "hf:owner/name";

/** A hub, a cache folder, and a download from the one into the other. */
async function withHub(
  options: Partial<FakeHubOptions>,
  body: (place: {
    readonly hub: FakeHub;
    readonly folder: string;
    readonly download: (id?: string, more?: object) => Promise<DownloadedModel>;
  }) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    await using hub = new FakeHub({ files: FILES, ...options });
    const download = (id = ID, more = {}) =>
      downloadModel(idOf(id), {
        cache: folder,
        endpoint: hub.endpoint,
        retries: { attempts: 3, baseMs: 1, stallMs: 5000 },
        ...more,
      });
    await body({ hub, folder, download });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function idOf(text: string) {
  return parseHubId(text) ?? assert.fail(text);
}

/** Names of all files below a folder, without the locks. */
function namesBelow(folder: string): string[] {
  return [...Deno.readDirSync(folder)].flatMap(({ name, isDirectory }) =>
    isDirectory ? namesBelow(join(folder, name)) : name === ".lock" ? [] : [name]
  );
}

async function hubError(work: Promise<unknown>): Promise<HubError> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof HubError, String(error));
    return error;
  }
  return assert.fail("the download succeeded");
}

Deno.test("a model is downloaded once and then opened without the network", async () => {
  await withHub({}, async ({ hub, folder, download }) => {
    const { path, commit, files } = await download();
    assert.equal(commit, hub.commit);
    assert.deepEqual(files.map(({ fetched }) => fetched), [true, true]);
    using checkpoint = await openCheckpoint(path);
    assert.deepEqual(checkpoint.metadata, { "config.json": '{"depth":2}' });
    assert.equal((await checkpoint.find("head.weight")?.float32())?.[4999], 3);
    const asked = hub.seen.length;
    assert.equal((await download()).path, path);
    assert.equal(await new HubCache(folder).find(idOf(ID)), path);
    assert.equal(
      await new HubCache(folder).find(idOf(`${ID}@${commit}/model.safetensors`)),
      join(path, "model.safetensors"),
    );
    assert.equal(await new HubCache(folder).find(idOf(`${ID}@v2`)), undefined);
    assert.equal(hub.seen.length, asked);
  });
});

Deno.test("a file that was downloaded alone is not taken for the model", async () => {
  await withHub({}, async ({ folder, download }) => {
    const cache = new HubCache(folder);
    const { path, commit } = await download(`${ID}/model.safetensors`);
    for (const id of [ID, `${ID}@${commit}`]) assert.equal(await cache.find(idOf(id)), undefined);
    const model = await download();
    assert.deepEqual(model.files.map(({ fetched }) => fetched), [true, false]);
    using checkpoint = await openCheckpoint(model.path);
    assert.deepEqual(checkpoint.metadata, { "config.json": '{"depth":2}' });
    for (const id of [ID, `${ID}@${commit}`]) assert.equal(await cache.find(idOf(id)), model.path);
    assert.equal(await cache.find(idOf(`${ID}/model.safetensors`)), path);
  });
  await withHub({ files: { "model.safetensors": WEIGHTS } }, async ({ hub, download }) => {
    await download();
    const asked = hub.seen.length;
    await download();
    assert.equal(hub.seen.length, asked);
  });
});

Deno.test("a branch that moved is fetched again on request, but not the files that did not change", async () => {
  await withHub({}, async ({ hub, download }) => {
    const before = await download();
    hub.commit = "b".repeat(40);
    assert.equal((await download()).commit, before.commit);
    const after = await download(ID, { update: true });
    assert.equal(after.commit, hub.commit);
    assert.deepEqual(after.files.map(({ fetched }) => fetched), [false, false]);
    const pinned = await download("hf:owner/name@refs%2Fpr%2F1/other/best.pth");
    assert.match(pinned.path, /b{40}.other.best\.pth$/);
  });
});

Deno.test("a sharded model comes with its shards, and counts only when all are there", async () => {
  const shard = (name: string) =>
    writeSafetensors([{ name, dtype: "F32", shape: [1], values: [name.length] }]);
  const index = { weight_map: { a: "model-1.safetensors", bb: "model-2.safetensors" } };
  const files = {
    "model.safetensors.index.json": new TextEncoder().encode(JSON.stringify(index)),
    "model-1.safetensors": shard("a"),
    "model-2.safetensors": shard("bb"),
  };
  let broken = true;
  const trouble: FakeHubOptions["trouble"] = ({ path, host }) =>
    broken && host === "storage" && path === "/model-2.safetensors" ? failure(500) : undefined;
  await withHub({ files, trouble }, async ({ folder, download }) => {
    assert.equal((await hubError(download())).code, "HUB_FAILED");
    assert.equal(await new HubCache(folder).find(idOf(ID)), undefined);
    broken = false;
    const { path } = await download();
    using checkpoint = await openCheckpoint(path);
    assert.equal(checkpoint.form, "sharded");
    assert.equal((await checkpoint.find("bb")?.float32())?.[0], 2);
    await Deno.remove(join(path, "model-1.safetensors"));
    assert.equal(await new HubCache(folder).find(idOf(ID)), undefined);
  });
});

Deno.test("a cut connection goes on where it ended, and so does the next call", async () => {
  let cuts = 2;
  const trouble: FakeHubOptions["trouble"] = ({ host, range }) => {
    if (host !== "storage" || cuts === 0) return undefined;
    cuts--;
    return range === null ? cutAfter(WEIGHTS, 1000) : undefined;
  };
  await withHub({ trouble }, async ({ hub, download }) => {
    await download();
    const ranges = hub.seen.filter(({ host }) => host === "storage").map(({ range }) => range);
    assert.deepEqual(ranges, [null, "bytes=1000-"]);
  });
  let down = true;
  const dying: FakeHubOptions["trouble"] = ({ host, range }) => {
    if (host !== "storage" || !down) return undefined;
    return range === null ? cutAfter(WEIGHTS, 1000) : failure(503);
  };
  await withHub({ trouble: dying }, async ({ hub, folder, download }) => {
    assert.match((await hubError(download())).message, /503/);
    assert.ok(namesBelow(folder).some((name) => name.endsWith(".part")));
    down = false;
    hub.seen.length = 0;
    await download();
    assert.equal(hub.seen.find(({ host }) => host === "storage")?.range, "bytes=1000-");
  });
});

Deno.test("a storage without ranges, or with other ones, is read from the start", async () => {
  const whole = () => new Response(WEIGHTS, { headers: { "Content-Length": `${WEIGHTS.length}` } });
  const elsewhere = () =>
    new Response(WEIGHTS.subarray(7), {
      status: 206,
      headers: { "Content-Range": `bytes 7-${WEIGHTS.length - 1}/${WEIGHTS.length}` },
    });
  const gone = () => failure(416, undefined, { "Content-Range": `bytes */${WEIGHTS.length}` });
  for (const answer of [whole, elsewhere, gone]) {
    const trouble: FakeHubOptions["trouble"] = ({ host, range }) => {
      if (host !== "storage") return undefined;
      return range === null ? undefined : answer();
    };
    let first = true;
    const cutFirst: FakeHubOptions["trouble"] = (request, count) => {
      if (request.host === "storage" && first) {
        first = false;
        return cutAfter(WEIGHTS, 1000);
      }
      return trouble(request, count);
    };
    await withHub({ trouble: cutFirst }, async ({ download }) => {
      const { path } = await download("hf:owner/name/model.safetensors");
      assert.deepEqual(await Deno.readFile(path), WEIGHTS);
    });
  }
});

Deno.test("a content of another size or with another checksum leaves nothing behind", async () => {
  const wrong = WEIGHTS.map((byte, at) => at === WEIGHTS.length - 1 ? byte ^ 1 : byte);
  const contents = [wrong, WEIGHTS.subarray(1), new Uint8Array([...WEIGHTS, 0])];
  for (const content of contents) {
    for (const headers of [{}, { "Content-Length": `${content.length}` }]) {
      const trouble: FakeHubOptions["trouble"] = ({ host, range }) =>
        host === "storage" && range === null ? new Response(content, { headers }) : undefined;
      await withHub({ trouble }, async ({ folder, download }) => {
        const work = download("hf:owner/name/model.safetensors");
        // Without a length a short content looks like a cut, and the rest of the right one comes.
        await assert.rejects(work, (error) => {
          assert.ok(error instanceof CheckpointError, String(error));
          assert.equal(error.code, "WEIGHTS_CORRUPT");
          return true;
        });
        assert.deepEqual(namesBelow(folder), []);
      });
    }
  }
});

Deno.test("what does not exist and what is not allowed are told apart", async () => {
  await withHub({}, async ({ download }) => {
    const cases = [
      ["hf:owner/other", "HUB_MISSING", /no such repository/],
      ["hf:owner/name@v9", "HUB_MISSING", /no such revision/],
      [
        "hf:owner/name/none.pth",
        "HUB_MISSING",
        /no such file\. .*hf:owner\/name\/other\/best\.pth/,
      ],
    ] as const;
    for (const [id, code, message] of cases) {
      const error = await hubError(download(id));
      assert.equal(error.code, code);
      assert.match(error.message, message);
    }
  });
  await withHub({ files: { "best.pth": WEIGHTS } }, async ({ download }) => {
    assert.match((await hubError(download())).hint, /hf:owner\/name\/best\.pth/);
  });
  await withHub({ token: "secret" }, async ({ hub, download }) => {
    const stranger = await hubError(download());
    assert.equal(stranger.code, "HUB_DENIED");
    assert.match(stranger.message, /private or gated \(401\)\. .*HF_TOKEN/);
    await hubError(download(ID, { token: "wrong" }));
    await download(ID, { token: "secret" });
    const shown = hub.seen.filter(({ host }) => host === "storage");
    assert.deepEqual(shown.map(({ authorization }) => authorization), [null]);
  });
  const gated = () => failure(403, "GatedRepo");
  await withHub({ trouble: gated }, async ({ download }) => {
    assert.match((await hubError(download())).message, /gated \(403\)\. Accept its terms/);
  });
});

Deno.test("a busy hub is asked again after the time that it names", async () => {
  for (const header of ["0", new Date(0).toUTCString()]) {
    const trouble: FakeHubOptions["trouble"] = (_, count) =>
      count <= 2 ? failure(429, undefined, { "Retry-After": header }) : undefined;
    await withHub({ trouble }, async ({ download }) => void await download());
  }
  const busy = () => failure(429, undefined, { "Retry-After": "3600" });
  await withHub({ trouble: busy }, async ({ hub, download }) => {
    assert.match((await hubError(download())).message, /429 and asks to wait 3600 s/);
    assert.equal(hub.seen.length, 1);
  });
});

Deno.test("a connection that gives nothing any more is opened anew", async () => {
  let silences = 2;
  const trouble: FakeHubOptions["trouble"] = ({ host }) => {
    if (host !== "storage" || silences-- <= 0) return undefined;
    const first = silences === 1 ? [WEIGHTS.subarray(0, 1000)] : [];
    return new Response(
      new ReadableStream<Uint8Array<ArrayBuffer>>({
        start: (controller) => first.forEach((piece) => controller.enqueue(piece)),
      }),
      {
        status: first.length > 0 ? 200 : 206,
        headers: first.length > 0 ? {} : {
          "Content-Range": `bytes 1000-${WEIGHTS.length - 1}/${WEIGHTS.length}`,
        },
      },
    );
  };
  await withHub({ trouble }, async ({ hub, download }) => {
    await download(ID, { retries: { attempts: 5, baseMs: 1, stallMs: 1500 } });
    const ranges = hub.seen.filter(({ host }) => host === "storage").map(({ range }) => range);
    assert.deepEqual(ranges, [null, "bytes=1000-", "bytes=1000-"]);
  });
});

Deno.test("a hub that is not there is named", async () => {
  await withHub({}, async ({ hub, download }) => {
    const endpoint = hub.endpoint;
    await hub[Symbol.asyncDispose]();
    const error = await hubError(download(ID, { endpoint }));
    assert.match(error.message, /127\.0\.0\.1:\d+ cannot be reached/);
  });
});

Deno.test("two downloads at once do the work once", async () => {
  await withHub({}, async ({ hub, download }) => {
    let waited = 0;
    const onWait = () => void waited++;
    const models = await Promise.all([download(ID, { onWait }), download(ID, { onWait })]);
    assert.equal(models[0]?.path, models[1]?.path);
    assert.equal(waited, 1);
    assert.equal(hub.seen.filter(({ host }) => host === "storage").length, 1);
  });
});

Deno.test("a download that is stopped keeps its part", async () => {
  const trouble: FakeHubOptions["trouble"] = ({ host }) => {
    if (host !== "storage") return undefined;
    const body = new ReadableStream<Uint8Array<ArrayBuffer>>({
      start: (controller) => controller.enqueue(WEIGHTS.subarray(0, 500)),
    });
    return new Response(body);
  };
  await withHub({ trouble }, async ({ folder, download }) => {
    const stop = new AbortController();
    const reason = new Error("stopped");
    const onProgress = ({ item: file }: { item: string }) => {
      if (file === "model.safetensors") stop.abort(reason);
    };
    await assert.rejects(download(ID, { signal: stop.signal, onProgress }), reason);
    assert.ok(namesBelow(folder).some((name) => name.endsWith(".part")));
  });
});
