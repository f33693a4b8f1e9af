/**
 * Attention over vicinities: who attends to whom, and the kernels that run it.
 *
 * @module
 */
export {
  ABSENT,
  type Dense,
  dense,
  type Gathered,
  gathered,
  type GatheredOptions,
  type KeysContext,
  keysOf,
  type Segments,
  segments,
  type SparseLocal,
  sparseLocal,
  type SparseLocalOptions,
  type TokenLists,
  type Vicinity,
  window,
  type WindowOptions,
} from "./src/vicinity.ts";
export {
  type Factorized,
  factorized,
  type FactorizedOptions,
  windowToken,
} from "./src/factorized.ts";
export {
  type Neighbourhood,
  neighbourhood,
  type NeighbourhoodOptions,
  type Neighbours,
  neighboursOf,
  type Triple,
} from "./src/neighbourhood.ts";
export {
  type PreparedVicinity,
  prepareVicinity,
  type SegmentTable,
  type TokenTable,
  vicinityFromSegments,
  vicinityFromTables,
} from "./src/prepared.ts";
export {
  attention,
  type AttentionOptions,
  type AttentionTarget,
  splitParts,
} from "./src/ops/attention.ts";
export { attentionCandidates } from "./src/ops/candidates.ts";
export type { AttentionVariant } from "./src/ops/kernel_choice.ts";
export {
  type FusedKeys,
  fusedKeys,
  type FusionHeads,
  type FusionWeights,
} from "./src/ops/fused_keys.ts";
export type { FusedKeysVariant } from "./src/kernels/fused_keys.ts";
export { selectBlocks, windowMeans, windowScores } from "./src/ops/select_blocks.ts";
export {
  type CrossedTable,
  paddedHeadDim,
  type RotaryTable,
  splitHeads,
  type SplitHeadsOptions,
} from "./src/ops/split_heads.ts";
export { attentionReference, type AttentionReferenceInput } from "./src/reference.ts";
