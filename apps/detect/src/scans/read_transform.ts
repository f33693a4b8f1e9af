import { CliError, userPath } from "@vicinity/cli";
import { type Matrix4, parseMatrix4 } from "@vicinity/vision";

/** How far rows may be from right angles and one length, relative to it. */
const TOLERANCE = 1e-3;

/**
 * Reads the value of `--transform`.
 *
 * @param text 16 numbers with commas or spaces between them, or a file of them; JSON is fine too.
 * @returns The change of axes: a turn, a shift, one scale for all directions.
 * @throws {CliError} `USAGE` when there are not 16 numbers, or they do not keep shapes.
 */
export async function readTransform(text: string): Promise<Matrix4> {
  const numbers = numbersIn(text) ?? numbersIn(await readFile(text)) ?? [];
  try {
    const matrix = parseMatrix4(numbers);
    if (keepsShapes(matrix)) return matrix;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  const reason = numbers.length === 16
    ? "it must turn, shift, and scale all directions alike, with 0 0 0 1 at the end"
    : "it needs 16 numbers, row by row";
  throw new CliError("USAGE", `--transform cannot be used: ${reason}`, {
    hint: "for centimetres: 0.01,0,0,0,0,0.01,0,0,0,0,0.01,0,0,0,0,1",
  });
}

/**
 * Whether boxes stay boxes: rows of one length at right angles, without a mirror.
 *
 * @param matrix The motion.
 * @returns True if it turns, shifts and scales all directions alike.
 */
export function keepsShapes(matrix: Matrix4): boolean {
  const row = (index: number) => matrix.slice(4 * index, 4 * index + 3);
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, column) => sum + value * (b[column] ?? 0), 0);
  const square = dot(row(0), row(0));
  const turns = [0, 1, 2].every((a) =>
    [0, 1, 2].every((b) =>
      Math.abs(dot(row(a), row(b)) - (a === b ? square : 0)) <= TOLERANCE * square
    )
  );
  const [[a = 0, b = 0, c = 0], [d = 0, e = 0, f = 0], [g = 0, h = 0, i = 0]] = [
    row(0),
    row(1),
    row(2),
  ];
  return turns && a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g) > 0;
}

/** Nothing where other things than numbers are in the text. */
function numbersIn(text: string): readonly number[] | undefined {
  const words = text.split(/[\s,;[\]]+/).filter((word) => word !== "");
  const numbers = words.map(Number);
  return numbers.length > 0 && numbers.every(Number.isFinite) ? numbers : undefined;
}

async function readFile(path: string): Promise<string> {
  try {
    return await Deno.readTextFile(userPath(path));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError("USAGE", `--transform cannot be read: ${reason}`, {
      file: path,
      hint: "give 16 numbers or a file of them",
    });
  }
}
