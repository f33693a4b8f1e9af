/**
 * The position code of relay tokens as the authors' code computes it. Four groups of eight channels
 * carry frame, token, row and column. Angles are laid out in pairs (θ0 θ0 θ1 θ1 …) but a channel is
 * mixed with the one four places on, whose angle is another: it is no rotation, and a textbook one
 * gives other results.
 */
import type { Partition } from "./partition.ts";

/** Channels that carry one position. */
const GROUP = 8;
const THETA = 10_000;

/** What each channel of each token is multiplied by, `[tokens, headDim]`. */
export interface RelayFactors {
  /** Factors of the channel itself. */
  readonly own: Float32Array<ArrayBuffer>;
  /** Factors of the channel four places on, or back. */
  readonly other: Float32Array<ArrayBuffer>;
}

/**
 * Positions of the relay tokens of a clip: frame, token of the tile, row and column of the tile.
 *
 * @param cut How each frame is cut.
 * @param frames Frames of the clip.
 * @param relayTokens Relay tokens of a tile.
 * @returns Four numbers a token, in the order frame, tile, token.
 */
export function relayPositions(
  { tiles }: Pick<Partition, "tiles">,
  frames: number,
  relayTokens: number,
): readonly (readonly [frame: number, token: number, row: number, col: number])[] {
  return Array.from({ length: frames * tiles.length * relayTokens }, (_, n) => {
    const token = n % relayTokens;
    const tile = tiles[Math.floor(n / relayTokens) % tiles.length];
    const frame = Math.floor(n / (relayTokens * tiles.length));
    return [frame, token, tile?.row ?? 0, tile?.col ?? 0];
  });
}

/**
 * Tabulates the position code.
 *
 * @param positions Those of {@link relayPositions}.
 * @param headDim Channels of a head, at least 32; those behind the 32nd pass.
 * @returns The factors.
 */
export function relayFactors(
  positions: readonly (readonly number[])[],
  headDim: number,
): RelayFactors {
  const own = new Float32Array(positions.length * headDim).fill(1);
  const other = new Float32Array(positions.length * headDim);
  positions.forEach((axes, token) =>
    axes.forEach((position, axis) => {
      for (let c = 0; c < GROUP; c++) {
        const angle = position * THETA ** (-(c >> 1) / (GROUP / 2));
        const at = token * headDim + axis * GROUP + c;
        own[at] = Math.cos(angle);
        other[at] = c < GROUP / 2 ? -Math.sin(angle) : Math.sin(angle);
      }
    })
  );
  return { own, other };
}
