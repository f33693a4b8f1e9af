/** Chance that is the same for the same name. */
// @ts-types="npm:@types/d3-random@3.0.4"
import { randomNormal, randomPoisson } from "d3-random";
import { fnv1a32, hash32 } from "@vicinity/simplegvr";

/** A stream of random numbers. */
export interface Random {
  /** At least 0, less than 1, all alike. */
  unit(): number;
  /** Mean 0, variance 1. */
  normal(): number;
  /** Counts of a mean. */
  poisson(mean: number): number;
}

/**
 * Opens a stream.
 *
 * @param name Any text; other names give other numbers.
 * @returns The stream.
 */
export function randomOf(name: string): Random {
  const key = fnv1a32(name);
  let drawn = 0;
  const unit = () => hash32(hash32(drawn++) ^ key) / 2 ** 32;
  const poisson = randomPoisson.source(unit);
  return {
    unit,
    normal: randomNormal.source(unit)(),
    poisson: (mean) => poisson(mean)(),
  };
}
