import type { Box3d } from "@vicinity/vision";

/** Three coordinates. */
type Xyz = readonly [x: number, y: number, z: number];

/** How far rows of a turn may be from right angles and one length, relative to it. */
const TOLERANCE = 1e-3;

/**
 * A change of axes that keeps shapes: a turn, one scale for all directions, a shift. Points go forward
 * through it, boxes come back.
 *
 * @example
 * ```ts ignore
 * const quarterTurn = Similarity.of([0, -1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]);
 * quarterTurn?.point([1, 0, 0]); // [0, 1, 0]
 * ```
 */
export class Similarity {
  /** Nothing changes. */
  static readonly IDENTITY: Similarity = new Similarity(
    [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0],
    1,
  );
  /** Three rows of four numbers. */
  readonly #rows: readonly number[];
  readonly #scale: number;

  private constructor(rows: readonly number[], scale: number) {
    this.#rows = rows;
    this.#scale = scale;
  }

  /**
   * Reads a matrix.
   *
   * @param matrix 16 numbers row by row, the last four 0, 0, 0, 1.
   * @returns The change; undefined where the matrix shears, mirrors or stretches directions unlike.
   */
  static of(matrix: readonly number[]): Similarity | undefined {
    const at = (row: number, column: number) => matrix[row * 4 + column] ?? NaN;
    if (matrix.length !== 16 || !matrix.every(Number.isFinite)) return undefined;
    if (![0, 0, 0, 1].every((value, column) => at(3, column) === value)) return undefined;
    const dot = (a: number, b: number) =>
      [0, 1, 2].reduce((sum, column) => sum + at(a, column) * at(b, column), 0);
    const scale = Math.sqrt(dot(0, 0));
    const turns = [0, 1, 2].every((a) =>
      [0, 1, 2].every((b) =>
        Math.abs(dot(a, b) - (a === b ? scale * scale : 0)) <= TOLERANCE * scale * scale
      )
    );
    const volume = at(0, 0) * (at(1, 1) * at(2, 2) - at(1, 2) * at(2, 1)) -
      at(0, 1) * (at(1, 0) * at(2, 2) - at(1, 2) * at(2, 0)) +
      at(0, 2) * (at(1, 0) * at(2, 1) - at(1, 1) * at(2, 0));
    return turns && volume > 0 ? new Similarity(matrix.slice(0, 12), scale) : undefined;
  }

  /**
   * A turn about the vertical axis and a shift upwards.
   *
   * @param angle Radians, counter-clockwise seen from above.
   * @param up Metres.
   * @returns The change.
   */
  static turn(angle: number, up: number): Similarity {
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return new Similarity([cos, -sin, 0, 0, sin, cos, 0, 0, 0, 0, 1, up], 1);
  }

  /** This change, then another one. */
  then(next: Similarity): Similarity {
    const rows = [0, 1, 2].flatMap((row) =>
      [0, 1, 2, 3].map((column) => {
        const own = [0, 1, 2].reduce(
          (sum, inner) =>
            sum + (next.#rows[row * 4 + inner] ?? 0) * (this.#rows[inner * 4 + column] ?? 0),
          0,
        );
        return own + (column === 3 ? next.#rows[row * 4 + 3] ?? 0 : 0);
      })
    );
    return new Similarity(rows, this.#scale * next.#scale);
  }

  /** Whether nothing changes. */
  get isIdentity(): boolean {
    return this.#rows.every((value, at) => value === Similarity.IDENTITY.#rows[at]);
  }

  /** A point after the change. */
  point([x, y, z]: Xyz): [x: number, y: number, z: number] {
    const row = (start: number) => {
      const [a = 0, b = 0, c = 0, shift = 0] = this.#rows.slice(start, start + 4);
      return a * x + b * y + c * z + shift;
    };
    return [row(0), row(4), row(8)];
  }

  /**
   * Many points after the change.
   *
   * @param positions x, y, z of each.
   * @returns As many; the same list where nothing changes.
   */
  points(positions: Float32Array): Float32Array {
    if (this.isIdentity) return positions;
    const [xx = 0, xy = 0, xz = 0, dx = 0, yx = 0, yy = 0, yz = 0, dy = 0] = this.#rows;
    const [zx = 0, zy = 0, zz = 0, dz = 0] = this.#rows.slice(8);
    const moved = new Float32Array(positions.length);
    for (let at = 0; at < positions.length; at += 3) {
      const [x, y, z] = [positions[at] ?? 0, positions[at + 1] ?? 0, positions[at + 2] ?? 0];
      moved[at] = xx * x + xy * y + xz * z + dx;
      moved[at + 1] = yx * x + yy * y + yz * z + dy;
      moved[at + 2] = zx * x + zy * y + zz * z + dz;
    }
    return moved;
  }

  /**
   * A box before the change. Boxes turn about the vertical axis alone, so of a change that tilts only
   * the part of the turn that is seen from above comes back.
   *
   * @param box A box after the change.
   * @returns The same in the axes before it.
   */
  boxBack<Box extends Box3d>(box: Box): Box {
    const [x, y, z] = box.center;
    const [, , , dx = 0, , , , dy = 0, , , , dz = 0] = this.#rows;
    const [ahead, aside] = this.#directionBack([Math.cos(box.heading), Math.sin(box.heading), 0]);
    const velocity = box.velocity && this.#directionBack([...box.velocity, 0]);
    const length = (value: number) => value / this.#scale;
    const [backX, backY, backZ] = this.#directionBack([x - dx, y - dy, z - dz]);
    return {
      ...box,
      center: [length(backX), length(backY), length(backZ)],
      size: [length(box.size[0]), length(box.size[1]), length(box.size[2])],
      heading: Math.atan2(aside, ahead),
      ...(velocity ? { velocity: [length(velocity[0]), length(velocity[1])] } : {}),
    };
  }

  /** The turn undone, lengths kept. */
  #directionBack([x, y, z]: Xyz): [x: number, y: number, z: number] {
    const column = (at: number) => {
      const [a = 0, b = 0, c = 0] = [this.#rows[at], this.#rows[at + 4], this.#rows[at + 8]];
      return (a * x + b * y + c * z) / this.#scale;
    };
    return [column(0), column(1), column(2)];
  }
}
