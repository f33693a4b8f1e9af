/** Wall time of attention over several vicinities, each with one wait for the device. */
import { open } from "@vicinity/tensor";
import { normalValues } from "@vicinity/tensor/testing";
import { prepareVicinity } from "../prepared.ts";
import { dense, sparseLocal, type Vicinity, window } from "../vicinity.ts";
import { attention } from "./attention.ts";

const gpu = await open();

function bench(name: string, shape: readonly [number, number, number], vicinity: Vicinity): void {
  const [heads, tokens, width] = shape;
  const [q, k, v] = [1, 2, 3].map((seed) =>
    gpu.tensor([1, heads, tokens, width], normalValues(heads * tokens * width, seed))
  );
  const prepared = prepareVicinity(gpu, vicinity);
  Deno.bench(`${name}, ${heads} heads of ${width}, ${tokens} tokens`, async () => {
    if (!q || !k || !v) return;
    using _scope = gpu.scope();
    // Only the first values are read, so that the transfer does not count.
    await gpu.read([{ ...attention(q, k, v, prepared), shape: [4] }]);
  });
}

bench("dense", [8, 1024, 64], dense());
bench("dense", [4, 1080, 24], dense());
bench("windows of 7 by 7", [4, 56 * 56, 32], window({ grid: [56, 56], size: [7, 7] }));
for (const size of [[8, 8], [9, 12]] as const) {
  bench(
    `sparse local, windows of ${size.join(" by ")}`,
    [4, 5 * 36 * 48, 24],
    sparseLocal({ grid: [5, 36, 48], window: size, topk: 1 }),
  );
}
