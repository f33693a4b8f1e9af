/** Typed errors of the tensor package: one class per kind, each with a stable `code`. */

import { sizeText } from "./size_text.ts";

/** A tensor has a shape or dtype that an operation cannot take. */
export class ShapeError extends Error {
  /** Stable code for programs. */
  readonly code = "SHAPE";
  /** Name of the class, for messages. */
  override readonly name = "ShapeError";
}

/** No WebGPU adapter, or none that can give a device. */
export class GpuUnavailableError extends Error {
  /** Stable code for programs. */
  readonly code = "GPU_NONE";
  /** Name of the class, for messages. */
  override readonly name = "GpuUnavailableError";
  /** The message without the next step, for who knows a better one. */
  readonly summary: string;

  /**
   * Makes the error with its message.
   *
   * @param reason Why there is none.
   * @param remedy One next step, as a sentence.
   */
  constructor(reason: string, remedy: string) {
    const summary = `Cannot open a GPU: ${reason}.`;
    super(`${summary} ${remedy}`);
    this.summary = summary;
  }
}

/** A shader, pipeline or command was refused by the driver. */
export class GpuError extends Error {
  /** Stable code for programs. */
  readonly code = "GPU_ERROR";
  /** Name of the class, for messages. */
  override readonly name = "GpuError";
  /** Label of the operation that failed. */
  readonly label: string;
  /** Text of the shader that did not compile; absent for other failures. */
  readonly wgsl: string | undefined;

  /**
   * Makes the error with its message.
   *
   * @param label The operation that failed.
   * @param message What the driver said, and what to do.
   * @param wgsl Text of the shader, if it was that which did not compile.
   */
  constructor(label: string, message: string, wgsl?: string) {
    super(message);
    this.label = label;
    this.wgsl = wgsl;
  }
}

/** A buffer or binding is larger than the adapter's limit. */
export class GpuLimitError extends Error {
  /** Stable code for programs. */
  readonly code = "GPU_LIMIT";
  /** Name of the class, for messages. */
  override readonly name = "GpuLimitError";
  /** Bytes (or units) asked for. */
  readonly needed: number;
  /** Bytes (or units) that the adapter offers. */
  readonly available: number;

  /**
   * Makes the error with its message.
   *
   * @param what The limit that was exceeded.
   * @param needed What was asked for.
   * @param available What the adapter offers.
   */
  constructor(what: string, needed: number, available: number) {
    super(
      `Cannot use ${what}: ${needed} needed, the adapter offers ${available}. ` +
        `Use a smaller tile or fewer frames at a time.`,
    );
    this.needed = needed;
    this.available = available;
  }
}

/** GPU memory is used up: the driver refused, or the byte budget is reached. */
export class OutOfMemoryError extends Error {
  /** Stable code for programs. */
  readonly code = "GPU_OOM";
  /** Name of the class, for messages. */
  override readonly name = "OutOfMemoryError";
  /** The message without the next step, for who knows a better one. */
  readonly summary: string;
  /** Bytes asked for. */
  readonly requested: number;
  /** Bytes already in use. */
  readonly inUse: number;
  /** Bytes that may be used in all. */
  readonly budget: number;

  /**
   * Makes the error with its message.
   *
   * @param requested Bytes asked for.
   * @param inUse Bytes already in use.
   * @param budget Bytes that may be used in all.
   * @param refusal What the driver said, if it was the driver that refused.
   */
  constructor(requested: number, inUse: number, budget: number, refusal?: string) {
    const wanted = `Cannot allocate ${sizeText(requested)} of GPU memory`;
    const [summary, remedy] = refusal === undefined
      ? [
        `${wanted}: ${sizeText(inUse)} of ${sizeText(budget)} are in use.`,
        "Raise the budget, or work on a smaller tile.",
      ]
      : [
        `${wanted}: the driver refused (${refusal}) with ${sizeText(inUse)} in use here.`,
        "Lower the budget to what the GPU has free, or work on a smaller tile.",
      ];
    super(`${summary} ${remedy}`);
    this.summary = summary;
    this.requested = requested;
    this.inUse = inUse;
    this.budget = budget;
  }
}

/** The device is gone: destroyed, reset by the driver, or out of memory beyond recovery. */
export class DeviceLostError extends Error {
  /** Stable code for programs. */
  readonly code = "GPU_LOST";
  /** Name of the class, for messages. */
  override readonly name = "DeviceLostError";
  /** The message without the next step, for who knows a better one. */
  readonly summary: string;

  /**
   * Makes the error with its message.
   *
   * @param summary What cannot be done and why, as a sentence.
   */
  constructor(summary: string) {
    super(`${summary} Open a new context and load the model again.`);
    this.summary = summary;
  }
}

/** A tensor holds NaN or infinity where only finite numbers may be. */
export class NumericError extends Error {
  /** Stable code for programs. */
  readonly code = "NUMERIC";
  /** Name of the class, for messages. */
  override readonly name = "NumericError";
  /** Name of the tensor, or in debug mode of the operation that made it. */
  readonly label: string;

  /**
   * Makes the error with its message.
   *
   * @param label The tensor or operation.
   * @param message What was found, and what to do.
   */
  constructor(label: string, message: string) {
    super(message);
    this.label = label;
  }
}
