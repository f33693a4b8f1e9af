/** Attention on test values against the float64 reference. */
import assert from "node:assert/strict";
import { fixedSubgroup, type Gpu, sizeOf, type Tensor } from "@vicinity/tensor";
import { assertClose, normalValues } from "@vicinity/tensor/testing";
import { attention } from "../ops/attention.ts";
import type { AttentionVariant } from "../ops/kernel_choice.ts";
import { prepareVicinity } from "../prepared.ts";
import { attentionReference } from "../reference.ts";
import type { Vicinity } from "../vicinity.ts";

/** An attention to try. */
export interface AttentionCase {
  readonly vicinity: Vicinity;
  readonly batch?: number;
  readonly heads?: number;
  readonly queries: number;
  readonly keys?: number;
  readonly width?: number;
  /** Shape of the bias. */
  readonly bias?: readonly number[];
  /** Hides every third key, and all keys of the last picture of a batch. */
  readonly masked?: boolean;
}

/** Kernels that the adapter of a context can run. */
export function runnableVariants({ caps }: Gpu): AttentionVariant[] {
  const all: readonly AttentionVariant[] = ["lanes", "registers", "tile", "scores"];
  return all.filter((variant) => variant !== "lanes" || fixedSubgroup(caps) > 0);
}

/** What attention may be off. */
export const TOLERANCE = { atol: 5e-6, rtol: 2e-5 };

/** Runs a case in the given variants and compares each with the reference. */
export async function assertCase(
  gpu: Gpu,
  which: AttentionCase,
  variants: readonly AttentionVariant[],
): Promise<void> {
  const { vicinity, batch = 1, heads = 1, queries, keys = queries, width = 16 } = which;
  const q = normalValues(batch * heads * queries * width, 1);
  const k = normalValues(batch * heads * keys * width, 2);
  const v = normalValues(batch * heads * keys * width, 3);
  const bias = which.bias && { shape: which.bias, values: normalValues(sizeOf(which.bias), 4) };
  const mask = which.masked
    ? Uint32Array.from(
      { length: batch * keys },
      (_, i) => i % keys % 3 === 1 || (batch > 1 && i >= (batch - 1) * keys) ? 0 : 1,
    )
    : undefined;
  const expected = attentionReference({
    ...{ q, k, v, vicinity, scale: 1 / Math.sqrt(width) },
    shape: { batch, heads, queries, keys, width },
    ...(bias ? { bias } : {}),
    ...(mask ? { mask } : {}),
  });
  const prepared = prepareVicinity(gpu, vicinity);
  for (const variant of variants) {
    using _scope = gpu.scope();
    const heads4 = (tokens: number, data: Float32Array): Tensor =>
      gpu.tensor([batch, heads, tokens, width], data);
    const y = attention(heads4(queries, q), heads4(keys, k), heads4(keys, v), prepared, {
      variant,
      ...(bias ? { bias: gpu.tensor(bias.shape, bias.values) } : {}),
      ...(mask ? { mask: gpu.tensor([batch, keys], mask) } : {}),
    });
    assert.deepEqual(y.shape, [batch, queries, heads, width]);
    const [actual = []] = await gpu.read([y]);
    assertClose(
      actual,
      expected,
      TOLERANCE,
      `${vicinity.kind} ${variant} ${queries}x${keys}x${width}`,
    );
  }
  prepared.dispose();
}
