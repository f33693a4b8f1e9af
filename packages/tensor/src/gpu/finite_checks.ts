/** Debug mode's search for the first operation whose result is NaN or infinite. */
import { NumericError } from "../errors.ts";
import { finiteGrid, unwritten } from "../kernels/finite.ts";
import { isFloat } from "../ops/dtype.ts";
import { finiteDispatch } from "../ops/finite.ts";
import type { Tensor } from "../tensor.ts";
import type { TracedCommand, Tracer } from "../plan/trace.ts";
import { describe, type Dispatch } from "./dispatch.ts";

/** Where operations are counted from, as errors say it. */
export interface Origin {
  /** For example "of plan encoder". */
  readonly where: string;
  /** Operations so far. */
  operations: number;
}

/** What an error says of an operation. */
interface Operation {
  readonly label: string;
  readonly text: string;
  readonly dtype: Tensor["dtype"];
}

/** Looks at what each operation writes, and remembers on the device which was the first bad one. */
export class FiniteChecks {
  /** u32 `[2]`: number of the first bad operation, and the complement of the place of its word. */
  readonly found: Tensor;
  readonly #planned = new Map<number, Operation>();
  #recent = new Map<number, Operation>();
  #origin: Origin = { where: "since the last read", operations: 0 };
  #next = 1;

  constructor(found: Tensor) {
    this.found = found;
  }

  /**
   * What has to run after an operation: commands run in order, so that the first of these to find
   * something has found the first operation that went wrong.
   *
   * @param call The operation.
   * @param plan The plan that it is recorded for, whose operations run again and again.
   * @returns A command for each tensor of floating-point numbers that it writes.
   */
  of(call: Dispatch, plan: Tracer | null): TracedCommand[] {
    const written = call.tensors.filter((tensor, index) =>
      call.kernel.access[index] === "w" && isFloat(tensor.dtype)
    );
    const origin = plan?.origin ?? this.#origin;
    origin.operations++;
    const label = call.label ?? call.kernel.label;
    return written.flatMap((tensor) => {
      const number = this.#next++;
      const text = `${label} [${tensor.shape}], operation ${origin.operations} ${origin.where}`;
      (plan ? this.#planned : this.#recent).set(number, { label, text, dtype: tensor.dtype });
      return describe(finiteDispatch(tensor, this.found, number), tensor.gpu.caps) ?? [];
    });
  }

  /**
   * Lets the memory of a plan say, each time it runs, that nothing was written to it.
   *
   * @param tracer The commands of the plan.
   * @param inputs Tensors that have values before the first command.
   */
  markUnwritten(tracer: Tracer, inputs: readonly Tensor[]): void {
    const kernel = this.found.gpu.kernel("unwritten", {}, unwritten);
    tracer.markUnwritten(inputs.map(({ storage }) => storage), (storage) => ({
      kind: "dispatch",
      kernel,
      ranges: [{ storage, offset: 0, size: storage.bytes }],
      params: Uint32Array.of(storage.bytes / 4),
      grid: finiteGrid(storage.bytes / 4),
      label: kernel.label,
      flops: 0,
    }));
  }

  /**
   * Ends the search after {@link FiniteChecks.found} was copied: what is recorded later counts anew.
   *
   * @returns Takes what was copied, the last of several values, and makes the error if there is one.
   */
  end(): (values: ArrayLike<number>[]) => NumericError | undefined {
    const { gpu } = this.found;
    gpu.clear(this.found);
    const recent = this.#recent;
    this.#recent = new Map();
    this.#origin = { ...this.#origin, operations: 0 };
    return (values) => {
      const { 0: number = 0, 1: place = 0 } = values.pop() ?? [];
      const operation = this.#planned.get(number) ?? recent.get(number);
      if (!operation) return undefined;
      const element = (~place >>> 0) * (operation.dtype === "f16" ? 2 : 1);
      return new NumericError(
        operation.label,
        `Cannot use the result of ${operation.text}: it is the first with NaN or infinity, at element ` +
          `${element}. Look at what was uploaded for it, and whether its values overflow.`,
      );
    };
  }
}
