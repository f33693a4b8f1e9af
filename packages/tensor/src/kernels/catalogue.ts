/**
 * Kernels of every family in every variant, also those that this machine's adapter would not
 * choose, for checking them all with a strict compiler.
 */
import type { Activation } from "../wgsl/activation.ts";
import { COMBINES } from "../wgsl/combine.ts";
import type { Kernel } from "../wgsl/kernel.ts";
import { ROW_THREADS, type RowVariant } from "../wgsl/row_walk.ts";
import { argmax } from "./argmax.ts";
import { cast } from "./cast.ts";
import { depthwise } from "./depthwise.ts";
import { finite, unwritten } from "./finite.ts";
import { gatherMax } from "./gather_max.ts";
import { groupNormApply, groupNormBlocks, groupNormCombine } from "./group_norm.ts";
import type { EpilogueSpec, GemmEpilogueSpec } from "./gemm_epilogue.ts";
import type { StoredWeight } from "./gemm_operands.ts";
import { gemv, type GemvSpec } from "./gemv.ts";
import { implicitGemm, type ImplicitGemmSpec } from "./implicit_gemm.ts";
import { linearDepthwise, MOST_QUADS } from "./linear_depthwise.ts";
import { mlp } from "./mlp.ts";
import { norm } from "./norm.ts";
import { packPanels } from "./pack_panels.ts";
import { pad } from "./pad.ts";
import { pixelShuffle } from "./pixel_shuffle.ts";
import { pointwise, type PointwiseSpec } from "./pointwise.ts";
import { pool } from "./pool.ts";
import { reduceColumns, reduceRows } from "./reduce.ts";
import { resample } from "./resample.ts";
import { rows } from "./rows.ts";
import { floatToSamples, samplesToFloat } from "./samples.ts";
import { segmentReduce } from "./segment_reduce.ts";
import { softmax } from "./softmax.ts";
import { COPY_RUN, stridedCopy } from "./strided_copy.ts";
import { sumSplits } from "./sum_splits.ts";
import { topKChoose, topKCollect, topKCount, topKPlace } from "./top_k.ts";

/** Every way to take one value for each name. */
function combinations<Spec>(
  choices: { readonly [Name in keyof Spec]: readonly Spec[Name][] },
): Spec[] {
  let made: Partial<Spec>[] = [{}];
  for (const name of Object.keys(choices) as (keyof Spec)[]) {
    made = made.flatMap((spec) => choices[name].map((value) => ({ ...spec, [name]: value })));
  }
  return made as Spec[];
}

const BOTH = [false, true] as const;
const THREADS = [ROW_THREADS] as const;
const ROW_VARIANTS: readonly RowVariant[] = ["thread", "subgroup", "group"];
const ACTIVATIONS: readonly Activation[] = [
  "none",
  "relu",
  "silu",
  "sigmoid",
  "gelu",
  "gelu_tanh",
];
const PLAIN: EpilogueSpec = { bias: false, activation: "none", scale: false, residual: false };
const EPILOGUES: readonly EpilogueSpec[] = [
  PLAIN,
  { bias: true, activation: "gelu", scale: true, residual: true },
];

const GEMM_EPILOGUES: readonly GemmEpilogueSpec[] = [
  ...EPILOGUES.map((epilogue): GemmEpilogueSpec => ({
    ...epilogue,
    lookup: false,
    finalActivation: "none",
  })),
  { ...PLAIN, bias: true, lookup: true, residual: true, finalActivation: "relu" },
];

type GemmNumbers = Pick<ImplicitGemmSpec, "stored" | "half">;

const WHOLE: readonly GemmNumbers[] = [{ stored: "f32", half: false }];
/** Numbers of 16 bits in weights or activations, with each of the first epilogues. */
const HALVES: readonly (readonly GemmNumbers[])[] = [
  [{ stored: "f16", half: false }, { stored: "bf16", half: false }],
  [{ stored: "f16", half: true }],
];

function gemms(): ImplicitGemmSpec[] {
  const tiles: readonly Pick<ImplicitGemmSpec, "variant" | "lanes" | "rows" | "columns">[] = [
    { variant: "lanes", lanes: 4, rows: 8, columns: 2 },
    { variant: "lanes", lanes: 8, rows: 64, columns: 1 },
    { variant: "lanes", lanes: 8, rows: 48, columns: 3 },
    { variant: "lanes", lanes: 8, rows: 32, columns: 4 },
    { variant: "lanes", lanes: 8, rows: 25, columns: 4 },
    { variant: "lanes", lanes: 16, rows: 16, columns: 4 },
    { variant: "registers", lanes: 8, rows: 8, columns: 4 },
    { variant: "shared", lanes: 8, rows: 4, columns: 4 },
    { variant: "shared", lanes: 8, rows: 8, columns: 4 },
  ];
  const uses: readonly Omit<
    ImplicitGemmSpec,
    | keyof typeof tiles[number]
    | "vector"
    | "epilogue"
    | "sparse"
    | "fours"
    | "split"
    | keyof GemmNumbers
  >[] = [
    { taps: [1, 1, 1], direct: true, upsample: false, batchAxes: 0, store: "rows" },
    { taps: [1, 1, 1], direct: true, upsample: false, batchAxes: 0, store: "heads" },
    { taps: [1, 1, 1], direct: true, upsample: false, batchAxes: 2, store: "rows" },
    { taps: [1, 1, 1], direct: false, upsample: false, batchAxes: 0, store: "rows" },
    { taps: [1, 3, 3], direct: false, upsample: true, batchAxes: 0, store: "rows" },
    { taps: [1, 2, 2], direct: false, upsample: false, batchAxes: 0, store: "phase" },
    { taps: [3, 3, 3], direct: false, upsample: false, batchAxes: 0, store: "rows" },
  ];
  const stores = tiles.flatMap((tile) =>
    (tile.columns === 4 && tile.variant !== "shared" ? BOTH : [false])
      .map((fours) => ({ ...tile, fours }))
  );
  const fitting = (tile: typeof tiles[number]) =>
    tile.variant === "shared" && tile.rows === 8 ? uses.filter(({ direct }) => direct) : uses;
  return stores.flatMap((tile) =>
    fitting(tile).flatMap((use) =>
      BOTH.flatMap((vector) =>
        GEMM_EPILOGUES.flatMap((epilogue) =>
          (use.upsample || use.batchAxes > 0 ? [false] : BOTH)
            .flatMap((sparse) =>
              (sparse ? WHOLE : [...WHOLE, ...HALVES[GEMM_EPILOGUES.indexOf(epilogue)] ?? []])
                .flatMap((numbers) =>
                  (epilogue === GEMM_EPILOGUES[0] && use.store === "rows" ? BOTH : [false])
                    .map((split) => ({
                      ...tile,
                      ...use,
                      sparse,
                      vector,
                      epilogue,
                      split,
                      ...numbers,
                    }))
                )
            )
        )
      )
    )
  );
}

const STORED: readonly StoredWeight[] = ["f32", "f16", "bf16"];

function gemvs(): GemvSpec[] {
  const tiles: readonly Pick<GemvSpec, "rows" | "columns" | "slices" | "subgroup">[] = [
    { rows: 1, columns: 8, slices: 1, subgroup: false },
    { rows: 4, columns: 1, slices: 8, subgroup: true },
    { rows: 2, columns: 8, slices: 32, subgroup: true },
    { rows: 3, columns: 16, slices: 16, subgroup: false },
  ];
  const operands: readonly GemvSpec["operand"][] = [
    { kind: "matrix", transposed: false },
    { kind: "matrix", transposed: true },
    ...STORED.map((stored) => ({ kind: "panels", width: 32, columns: 4, stored } as const)),
  ];
  return tiles.flatMap((tile) =>
    operands.flatMap((operand) =>
      combinations<Omit<GemvSpec, keyof typeof tile | "operand">>({
        vector: BOTH,
        batchAxes: [0, 1, 3],
        store: ["rows", "heads"],
        fours: [false],
        half: BOTH,
        epilogue: GEMM_EPILOGUES,
      }).map((rest) => ({ ...tile, operand, ...rest }))
    )
  );
}

function pointwises(): PointwiseSpec[] {
  const expressions: readonly Omit<PointwiseSpec, "vector">[] = [
    {
      expression: "a + s * b * c",
      inputs: [["a", "same"], ["b", "last"], ["c", "scalar"]],
      scalars: ["s"],
    },
    ...ACTIVATIONS.slice(1).map((name): Omit<PointwiseSpec, "vector"> => ({
      expression: `${name}(a)`,
      inputs: [["a", "same"]],
      scalars: [],
    })),
  ];
  return expressions.flatMap((spec) => BOTH.map((vector) => ({ ...spec, vector })));
}

/**
 * Lists the kernels.
 *
 * @returns One kernel a variant.
 */
export function catalogue(): Kernel[] {
  const walks = { variant: ROW_VARIANTS, threads: THREADS };
  return [
    ...gemms().map(implicitGemm),
    ...gemvs().map(gemv),
    ...combinations<Parameters<typeof sumSplits>[0]>({
      store: ["rows", "heads", "phase"],
      fours: BOTH,
      half: BOTH,
      epilogue: GEMM_EPILOGUES,
    }).map(sumSplits),
    ...combinations<Parameters<typeof depthwise>[0]>({
      taps: [[3, 3], [7, 7]],
      adjacent: BOTH,
      columns: [4, 7],
      threads: [8, 64],
      vector: BOTH,
      epilogue: EPILOGUES,
    }).map(depthwise),
    ...combinations<Parameters<typeof linearDepthwise>[0]>({
      quads: [1, MOST_QUADS],
      lanes: [4, 8, 16],
      loads: [1, 2],
      activation: ["none", "gelu"],
    }).map(linearDepthwise),
    ...combinations<Parameters<typeof mlp>[0]>({
      dim: [8, 64, 128],
      convolved: BOTH,
      activation: ["gelu", "relu"],
      residual: BOTH,
    }).map(mlp),
    ...combinations<Parameters<typeof packPanels>[0]>({
      width: [32, 64],
      columns: [1, 4],
      transposed: BOTH,
    })
      .map(packPanels),
    ...combinations<Parameters<typeof norm>[0]>({
      ...walks,
      kind: ["layer", "rms", "channel"],
      residual: BOTH,
      vector: BOTH,
      weight: BOTH,
      bias: BOTH,
      scale: BOTH,
      shift: BOTH,
      activation: ["none", "silu"],
      half: [false],
      held: [0],
      even: [false],
      repeated: [false],
    }).map(norm),
    ...combinations<Parameters<typeof norm>[0]>({
      ...walks,
      kind: ["layer", "channel"],
      residual: BOTH,
      vector: BOTH,
      weight: [true],
      bias: [true],
      scale: BOTH,
      shift: [false],
      activation: ["silu"],
      half: BOTH,
      held: [0, 1, 6],
      even: BOTH,
      repeated: BOTH,
    }).filter(({ held, repeated }) => held > 0 || !repeated).map(norm),
    ...combinations<Parameters<typeof cast>[0]>({ narrow: BOTH }).map(cast),
    ...combinations<Parameters<typeof groupNormBlocks>[0]>({ vector: BOTH }).map(groupNormBlocks),
    ...combinations<Parameters<typeof groupNormCombine>[0]>({ ...walks, weight: BOTH })
      .map(groupNormCombine),
    ...combinations<Parameters<typeof groupNormApply>[0]>({
      vector: BOTH,
      bias: BOTH,
      activation: ["none", "silu"],
    }).map(groupNormApply),
    ...combinations<Parameters<typeof softmax>[0]>({ ...walks, vector: BOTH, mask: BOTH }).map(
      softmax,
    ),
    ...combinations<Parameters<typeof argmax>[0]>(walks).map(argmax),
    ...combinations<Parameters<typeof reduceRows>[0]>({
      ...walks,
      combine: COMBINES,
      vector: BOTH,
    }).map(reduceRows),
    ...combinations<Parameters<typeof reduceColumns>[0]>({ combine: COMBINES, vector: BOTH })
      .map(reduceColumns),
    ...pointwises().map(pointwise),
    ...combinations<Parameters<typeof finite>[0]>({ half: BOTH, first: BOTH }).map(finite),
    unwritten(),
    ...combinations<Parameters<typeof pool>[0]>({
      kind: ["max", "average"],
      windows: ["strided", "adaptive"],
      countPadding: BOTH,
      vector: BOTH,
    }).map(pool),
    ...combinations<Parameters<typeof pad>[0]>({
      mode: ["zero", "reflect", "replicate"],
      vector: BOTH,
    }).map(pad),
    ...combinations<Parameters<typeof pixelShuffle>[0]>({
      side: [2, 3],
      channels: [3],
      residual: BOTH,
      inverse: BOTH,
      half: BOTH,
    }).map(pixelShuffle),
    ...combinations<Parameters<typeof resample>[0]>({ vector: BOTH }).map(resample),
    ...combinations<Parameters<typeof rows>[0]>({ direction: ["gather", "scatter"], vector: BOTH })
      .map(rows),
    ...combinations<Parameters<typeof gatherMax>[0]>({ vector: BOTH }).map(gatherMax),
    ...combinations<Parameters<typeof segmentReduce>[0]>({
      reduction: ["sum", "mean", "max", "min"],
      ordered: BOTH,
      vector: BOTH,
    }).map(segmentReduce),
    ...combinations<Parameters<typeof stridedCopy>[0]>({ vector: BOTH, run: [1, COPY_RUN] })
      .map(stridedCopy),
    topKCount(),
    topKChoose(),
    topKCollect(),
    ...combinations<Parameters<typeof topKPlace>[0]>({ collected: BOTH }).map(topKPlace),
    ...combinations<Parameters<typeof samplesToFloat>[0]>({
      bits: [8, 16],
      stored: [3, 4],
      channels: [3],
      vector: BOTH,
    }).map(samplesToFloat),
    ...combinations<Parameters<typeof floatToSamples>[0]>({ bits: [8, 16], vector: BOTH })
      .map(floatToSamples),
  ];
}
