/** How much memory a context takes, and how much work it gives to the device at a time. */
import type { Caps } from "./device.ts";

/** Memory where nobody says how much there is. */
const USUAL_BUDGET = 4 * 2 ** 30;

/**
 * Bytes of GPU memory that may be used where the user says nothing.
 *
 * WebGPU tells neither what a card has nor what is free of it, and to allocate until the driver refuses
 * is no way to find out: while it lasts it takes the memory of everybody who draws on the card, near its
 * end wgpu gives up the device, and drivers that move memory to the host or back it late refuse nothing
 * (llvmpipe gave 38 GiB).
 *
 * @param caps Whether kernels run on CPU cores, whose memory is then that of the machine.
 * @param hostBytes Memory of the machine, where that is known.
 * @returns 4 GiB; on CPU adapters at most half of the machine's memory.
 */
export function usualBudget({ isCpu }: Pick<Caps, "isCpu">, hostBytes = Infinity): number {
  return isCpu ? Math.min(USUAL_BUDGET, Math.floor(hostBytes / 2)) : USUAL_BUDGET;
}

/** Floating-point operations in a millisecond of a small card, of 0.5 TFLOP/s. */
const SMALL_CARD = 5e8;
/** Desktops take the device away from who keeps it for 2 to 10 seconds. */
const USUAL_DISPATCH_MS = 200;
/** About 20 ms of work between submissions, so that the device starts early. */
const FLUSH_FLOPS = { cpu: 5e8, gpu: 2e10 };

/** How much work is given to the device at a time. */
export interface WorkAllowance {
  /** Longest time that a small card should take for a dispatch, in milliseconds. */
  readonly maxDispatchMs: number;
  /** Floating-point operations of a dispatch at most, where it can be cut. */
  readonly dispatchFlops: number;
  /** Floating-point operations after which recorded work is submitted. */
  readonly flushFlops: number;
}

/**
 * Turns time into work.
 *
 * @param caps Whether kernels run on CPU cores.
 * @param maxDispatchMs Longest time of a dispatch on a small card.
 * @returns The work that this stands for.
 */
export function workAllowance(
  { isCpu }: Pick<Caps, "isCpu">,
  maxDispatchMs = USUAL_DISPATCH_MS,
): WorkAllowance {
  const flushFlops = FLUSH_FLOPS[isCpu ? "cpu" : "gpu"] * maxDispatchMs / USUAL_DISPATCH_MS;
  return { maxDispatchMs, dispatchFlops: SMALL_CARD * maxDispatchMs, flushFlops };
}
