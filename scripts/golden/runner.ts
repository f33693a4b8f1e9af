/** What a kind of golden file needs to be run. */
import type { Gpu } from "@vicinity/tensor";
import type { GoldenCase, GoldenTensor } from "./golden_case.ts";
import type { Tolerance } from "./tolerance.ts";

/** A tensor that the project's code made from a case's inputs. */
export interface Produced {
  /** Name of the tensor in the file that it is compared with. */
  readonly name: string;
  /** What it is compared with, where that is not in the file itself. */
  readonly expected?: GoldenTensor;
  /** Row-major, in the layout of the file. */
  readonly values: ArrayLike<number>;
  /** Where the kind's own tolerance does not hold. */
  readonly tolerance?: Tolerance;
}

/** What runners share. */
export interface Tools {
  /** The context, opened on first use. */
  gpu(): Promise<Gpu>;
}

/** Makes a case's outputs. */
export type Runner = (golden: GoldenCase, tools: Tools) => AsyncIterable<Produced>;

/** A kind of golden file. */
export interface Kind {
  readonly run: Runner;
  /** Of its floating outputs; integers are exact. */
  readonly tolerance: Tolerance;
  /** Names of all that it has to make; the tensors `output.*` if absent. */
  readonly outputs?: (golden: GoldenCase) => string[] | Promise<string[]>;
}
