/**
 * Attention over vicinities: who attends to whom, and the kernels that run it.
 *
 * @module
 */
export {
  paddedHeadDim,
  type RotaryTable,
  splitHeads,
  type SplitHeadsOptions,
} from "./src/ops/split_heads.ts";
