import assert from "node:assert/strict";
import { assertClose, assertUsual, watchErrors } from "./close.ts";

// What is compared here has no usual error.
watchErrors(() => undefined);

Deno.test("values within the tolerance are close, the message names the one that is furthest off", () => {
  assertClose([1, 2.01], [1, 2], { atol: 0, rtol: 0.01 }, "near");
  assert.throws(
    () => assertClose([1.5, 4, 3], [1, 2, 3], 0.1, "far"),
    /^Error: far: value 1 is 4, expected 2; off by 2, 6\.6\d+ times what is allowed$/,
  );
  assert.throws(() => assertClose([NaN], [1], 1, "none"), /value 0 is NaN, expected 1/);
  assert.throws(() => assertClose([1], [1, 2], 1, "short"), /short: 1 values against 2/);
});

Deno.test("an error four times the usual one fails far below the tolerance", () => {
  const told: number[] = [];
  watchErrors((name, error) => {
    told.push(error);
    return name === "known" ? 0.1 : undefined;
  });
  assertClose([1.375], [1], { atol: 1, rtol: 0 }, "known");
  assertClose([1.875], [1], { atol: 1, rtol: 0 }, "new");
  assert.throws(
    () => assertClose([1.5], [1], { atol: 1, rtol: 0 }, "known"),
    /^Error: known: the largest error is 0\.5, usually 0\.1$/,
  );
  assertUsual("known", 3.9, 1);
  assert.deepEqual(told, [0.375, 0.875, 0.5, 3.9]);
  watchErrors(() => undefined);
});
