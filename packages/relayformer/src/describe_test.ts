import assert from "node:assert/strict";
import {
  type Checkpoint,
  CheckpointError,
  memorySource,
  readCheckpoint,
  writeSafetensors,
} from "@vicinity/checkpoint";
import { describeRelayFormer } from "./describe.ts";
import { optionsOf, TINY, tinyCheckpoint } from "./testing/tiny_checkpoint.ts";

const described = async (bytes: Uint8Array<ArrayBuffer>) =>
  describeRelayFormer(await readCheckpoint(memorySource(bytes)));

Deno.test("a network is described by its shapes, whatever its size", async () => {
  assert.deepEqual((await described((await tinyCheckpoint()).bytes)).network, TINY);
  const other = {
    canvas: { size: 128, grid: 3, tile: 64 },
    vit: { ...TINY.vit, dim: 96, depth: 3, heads: 3, hidden: 100, relayTokens: 1, rank: 2 },
    decoder: { dim: 48, queries: 3, heads: 6, layers: 1, hidden: 20 },
  };
  assert.deepEqual((await described((await tinyCheckpoint(other)).bytes)).network, other);
});

Deno.test("a file that says nothing is taken for one of the authors'", async () => {
  const { vit, ...rest } = TINY;
  const published = { ...rest, vit: { ...vit, dim: 128, heads: 2, rank: 8, alpha: 16 } };
  const { network, clipFrames, mode } = await described(
    (await tinyCheckpoint(published, {})).bytes,
  );
  assert.deepEqual(network.canvas, { size: 1024, grid: 2, tile: 528 });
  assert.deepEqual([network.vit.heads, network.vit.alpha], [2, 16]);
  assert.deepEqual([clipFrames, mode], [4, "fit"]);
});

Deno.test("what the authors' training left in a file counts", async () => {
  const plain = await readCheckpoint(memorySource((await tinyCheckpoint(TINY, {})).bytes));
  const args = { image_size: 512, clip_len: 5, if_resizing: true, if_padding: false, lr: null };
  const checkpoint: Checkpoint = {
    ...plain,
    metadata: { args: JSON.stringify(args) },
    find: (key) => plain.find(key),
  };
  const { network, clipFrames, mode } = describeRelayFormer({
    ...checkpoint,
    name: "a.pth",
    keys: () => plain.keys(),
  });
  assert.deepEqual(network.canvas, { size: 512, grid: 2, tile: 272 });
  assert.deepEqual([clipFrames, mode], [5, "resize"]);
});

Deno.test("a file may say how its network looks at pictures", async () => {
  const options = { ...optionsOf(TINY), placing: "native", clip_len: 2 };
  const { clipFrames, mode } = await described((await tinyCheckpoint(TINY, options)).bytes);
  assert.deepEqual([clipFrames, mode], [2, "native"]);
});

Deno.test("other networks and impossible options are refused with a reason", async () => {
  const foreign = writeSafetensors([{ name: "a", dtype: "F32", shape: [1], values: [0] }]);
  const cases: readonly [Uint8Array<ArrayBuffer>, RegExp][] = [
    [foreign, /it has no vit\.norm\.weight/],
    [(await tinyCheckpoint(TINY, { input_size: 500 })).bytes, /canvas cannot be cut/],
    [(await tinyCheckpoint(TINY, { ...optionsOf(TINY), num_heads: 4 })).bytes, /4 heads of 64/],
    [(await tinyCheckpoint(TINY, { input_size: "large" })).bytes, /configuration says/],
  ];
  for (const [bytes, message] of cases) {
    await assert.rejects(
      described(bytes),
      (error) => error instanceof CheckpointError && message.test(error.message),
    );
  }
});
