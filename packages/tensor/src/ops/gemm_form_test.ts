import assert from "node:assert/strict";
import { type Caps, MAX_CPU_ITERATIONS } from "../gpu/device.ts";
import { open } from "../gpu/open.ts";
import { chooseForm, type GemmExtents, rowsFor, stretchFor } from "./gemm_form.ts";

async function capsOf(isCpu: boolean): Promise<Caps> {
  using gpu = await open({ defaultLimits: true });
  return { ...gpu.caps, isCpu, tuned: {} };
}

const SHARED = { variant: "shared", lanes: 8, columns: 4 } as const;
const LANES = { variant: "lanes", lanes: 8, columns: 4 } as const;
const REGISTERS = { variant: "registers", lanes: 8, columns: 4 } as const;

const extents = (m: number, n: number, k: number, more: Partial<GemmExtents> = {}) => ({
  m,
  n,
  quads: Math.ceil(k / 4),
  taps: 1,
  parts: 1,
  direct: true,
  plain: true,
  ...more,
});

Deno.test("on graphics cards few rows, and depths that leave most of the card idle, have forms of their own", async () => {
  const card = await capsOf(false);
  assert.equal(chooseForm(card, SHARED, extents(4, 1000, 512)), "gemv");
  assert.equal(chooseForm(card, SHARED, extents(4, 1000, 512, { direct: false })), "split");
  assert.equal(chooseForm(card, SHARED, extents(49, 512, 2048)), "split");
  assert.equal(chooseForm(card, SHARED, extents(49, 512, 256)), "tile");
  assert.equal(chooseForm(card, SHARED, extents(1024, 1024, 1024)), "tile");
  assert.equal(chooseForm(card, SHARED, extents(2048, 1024, 1024)), "tall");
});

Deno.test("on processors depths are split where tiles would loop too long, rows are few where nothing is packed", async () => {
  const cpu = await capsOf(true);
  assert.equal(chooseForm(cpu, REGISTERS, extents(4, 64, 4096)), "tile");
  assert.equal(chooseForm(cpu, REGISTERS, extents(4, 64, 4096), undefined, "matmul"), "gemv");
  assert.equal(chooseForm(cpu, REGISTERS, extents(40, 64, 250_000)), "split");
  assert.equal(chooseForm(cpu, REGISTERS, extents(40, 64, 30_000, { taps: 9 })), "split");
  assert.throws(
    () => chooseForm(cpu, REGISTERS, extents(200_000, 64, 4096), "split"),
    /form split: it can run as tile/,
  );
  assert.throws(
    () => chooseForm(cpu, REGISTERS, extents(200_000, 64, 250_000), "tile"),
    /form tile: this adapter loops at most 60000 times, too few for any form\. Multiply fewer/,
  );
});

Deno.test("tiles of processors fit the pixels of small maps, and give all cores work", () => {
  const rows = (m: number, n: number) => rowsFor(LANES, extents(m, n, 128), "tile");
  assert.equal(rows(3136, 128), 32);
  assert.equal(rows(14 * 14, 128), 28);
  assert.equal(rows(7 * 7, 256), 25);
  assert.equal(rows(7 * 7, 128), 16);
});

Deno.test("stretches are whole steps of tiles and cover the depth", async () => {
  for (const isCpu of [true, false]) {
    const caps = await capsOf(isCpu);
    for (
      const [k, taps] of [[512, 1], [516, 1], [1030, 1], [5000, 1], [999_999, 1], [
        88_700,
        27,
      ]] as const
    ) {
      const of = extents(5, 40, k, { taps });
      const stretch = stretchFor(caps, SHARED, of);
      assert.equal(stretch % 4, 0);
      const iterations = of.taps * (stretch + 2) + 64;
      assert(stretch < of.quads && iterations <= MAX_CPU_ITERATIONS, `${k} by ${stretch}`);
    }
  }
});
