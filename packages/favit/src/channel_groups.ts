/** How factorized attention shares out the channels of its input. */

/** Places of a window along each axis. */
export const WINDOW = 7;

/** Extents of an attention layer. */
export interface FactorizedAttentionConfig {
  /** Channels, a multiple of 16, or of 8 where `reduction` is 1. */
  readonly dim: number;
  /** Heads of the local groups; they divide the channels of each. */
  readonly heads: number;
  /** Rows and columns that a global key stands for, and distance of the places of dilated windows. */
  readonly reduction: number;
}

/** Shares of the channels, in order: global, windows, dilated windows where there are any. */
export interface ChannelGroups {
  /** Channels of the global group, one head. */
  readonly global: number;
  /** Distances between the places of the windows, one for each local group. */
  readonly dilations: readonly number[];
  /** Channels of a head of a local group. */
  readonly width: number;
}

/**
 * Shares out channels 2:7:7, or 1:7 where nothing is dilated.
 *
 * @param config The layer.
 * @returns The groups.
 * @throws {TypeError} If the channels cannot be shared out.
 */
export function channelGroups(
  { dim, heads, reduction }: FactorizedAttentionConfig,
): ChannelGroups {
  const dilations = reduction > 1 ? [1, reduction] : [1];
  const global = dim / 8;
  const width = (dim - global) / dilations.length / heads;
  if (Number.isInteger(global) && Number.isInteger(width)) return { global, dilations, width };
  throw new TypeError(
    `Cannot share out ${dim} channels to ${heads} heads and ${dilations.length} kinds of windows: ` +
      "give a multiple of 16, of 8 without dilated windows.",
  );
}

/** The first numbers of a range, and -1 up to a multiple of 4. */
export function paddedRange(start: number, count: number): number[] {
  return Array.from(
    { length: Math.ceil(count / 4) * 4 },
    (_, index) => index < count ? start + index : -1,
  );
}

/**
 * Channels of the queries as the local groups take them. In the official order a head comes first and
 * the group inside it, while keys and results have the group first and the head inside it.
 *
 * @param config The layer.
 * @returns For each group, head and channel, padded to fours, the official channel.
 */
export function queryPicks(config: FactorizedAttentionConfig): number[] {
  const { global, dilations, width } = channelGroups(config);
  return dilations.flatMap((_, group) =>
    Array.from({ length: config.heads }, (_, head) => head).flatMap((head) =>
      paddedRange(global + (head * dilations.length + group) * width, width)
    )
  );
}

/**
 * Channels of the results of a local group.
 *
 * @param config The layer.
 * @param group Its number.
 * @returns For each head and channel, padded to fours, the official channel.
 */
export function resultPicks(config: FactorizedAttentionConfig, group: number): number[] {
  const { global, width } = channelGroups(config);
  return Array.from({ length: config.heads }, (_, head) => head).flatMap((head) =>
    paddedRange(global + (group * config.heads + head) * width, width)
  );
}
