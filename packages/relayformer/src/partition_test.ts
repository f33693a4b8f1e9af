import assert from "node:assert/strict";
import { NO_ROW } from "@vicinity/tensor";
import { canvasFault, canvasOf } from "./config.ts";
import { partition, tokenRows } from "./partition.ts";
import { readGoldenJson } from "../../vision/src/testing/golden_json.ts";

interface TableEntry {
  readonly input_size: number;
  readonly grid_size: number;
  readonly patch_size: number;
  readonly origin_hw: [number, number];
  readonly needed_hw: [number, number];
  readonly valid: number[];
  readonly tile_origins_px: [number, number][];
  readonly feature_map_hw: [number, number];
  readonly mask_target_hw: [number, number];
}

Deno.test("pictures of all sizes are cut as the authors' code cuts them", async () => {
  const { partition: entries } = await readGoldenJson("relayformer/partition_table.json") as {
    partition: TableEntry[];
  };
  assert.ok(entries.length > 10);
  for (const entry of entries) {
    const canvas = { size: entry.input_size, grid: entry.grid_size, tile: entry.patch_size };
    const cut = partition(canvas, entry.origin_hw);
    const name = `${entry.origin_hw} on ${entry.input_size}`;
    assert.deepEqual(cut.grid, entry.needed_hw, name);
    assert.deepEqual(
      cut.tiles.map(({ row, col }) => row * entry.grid_size + col),
      entry.valid,
      name,
    );
    const corners = cut.tiles.map(({ top, left }) => [top, left]);
    assert.deepEqual(corners, entry.tile_origins_px, name);
    assert.deepEqual(cut.map, entry.feature_map_hw, name);
    assert.deepEqual(cut.mask, entry.mask_target_hw, name);
  }
});

Deno.test("canvases that tiles do not fill are told apart", () => {
  assert.deepEqual(canvasOf(512), { size: 512, grid: 2, tile: 272 });
  assert.deepEqual(canvasOf(256), { size: 256, grid: 2, tile: 144 });
  assert.equal(canvasOf(500), undefined);
  assert.match(canvasFault({ size: 1536, grid: 3, tile: 528 }) ?? "", /cover 1520/);
  assert.match(canvasFault({ size: 64, grid: 2, tile: 40 }) ?? "", /multiple of 16/);
  assert.match(canvasFault({ size: 64, grid: 0, tile: 48 }) ?? "", /whole numbers/);
});

Deno.test("every token of a tile is at its place, and shares it with those beside it", () => {
  const cut = partition({ size: 64, grid: 2, tile: 48 }, [64, 64]);
  const rows = tokenRows(cut, 2, 1);
  assert.equal(rows.length, 4);
  assert.deepEqual([...rows.relay], [0, 10, 20, 30, 40, 50, 60, 70]);
  // Second frame, second tile, relay token and first patch.
  assert.equal(rows.cut[50], NO_ROW);
  assert.equal(rows.cut[51], 16 + 1);
  const list = (token: number) => [...rows.shared.subarray(4 * token, 4 * token + 4)];
  assert.deepEqual(list(50), [80 + 5, NO_ROW, NO_ROW, NO_ROW]);
  assert.deepEqual(list(51), [42, 51, NO_ROW, NO_ROW]);
  // The patch in the middle of the canvas is in all four tiles.
  assert.deepEqual(list(5), [5, 14, 22, 31].map((token) => token));
  assert.equal(rows.stitch.length, 32);
  assert.equal(rows.stitch[16], 41);
});
