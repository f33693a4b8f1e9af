import { type Matrix4, matrixOfPose } from "@vicinity/vision";
import * as v from "valibot";
import { keepsShapes } from "../read_transform.ts";

/** A scan of a list. */
export interface ListedScan {
  /** Its file, as the list has it. */
  readonly file: string;
  /** When it was taken, in seconds of any clock. */
  readonly time: number;
  /** The motion from its axes to some that stand still. */
  readonly pose: Matrix4;
}

const NUMBER = v.pipe(v.number(), v.finite());
const NUMBERS = v.array(NUMBER);
const ROWS = v.array(
  v.object({
    file: v.pipe(v.string(), v.minLength(1)),
    time: NUMBER,
    pose: v.union([NUMBERS, v.array(NUMBERS)]),
  }),
);

/**
 * Reads a list of scans with poses.
 *
 * @param text Lines of a file, seconds, and a pose of 7, 12 or 16 numbers, with blanks, commas or
 * semicolons between them and comments after `#`; or JSON, a list of `{ file, time, pose }`.
 * @returns The scans in the order of the list.
 * @throws {RangeError} If it is neither; names the line.
 */
export function parsePoseList(text: string): ListedScan[] {
  const scans = text.trimStart().startsWith("[") ? scansInJson(text) : scansInLines(text);
  if (scans.length > 0) return scans;
  throw new RangeError("it has no scan");
}

function scansInJson(text: string): ListedScan[] {
  const parsed = v.safeParse(ROWS, JSON.parse(text));
  if (parsed.success) {
    return parsed.output.map(({ file, time, pose }, index) => ({
      file,
      time,
      pose: poseOf(pose.flat(), `scan ${index + 1}`),
    }));
  }
  const [issue] = parsed.issues;
  throw new RangeError(`${v.getDotPath(issue) ?? "it"}: ${issue.message}`);
}

function scansInLines(text: string): ListedScan[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const [file, ...words] = line.replace(/#.*/, "").split(/[\s,;]+/).filter((it) => it !== "");
    if (file === undefined) return [];
    const [time = NaN, ...numbers] = words.map(Number);
    const where = `line ${index + 1}`;
    if (!Number.isFinite(time)) throw new RangeError(`${where} has no seconds after its file`);
    return [{ file, time, pose: poseOf(numbers, where) }];
  });
}

function poseOf(numbers: readonly number[], where: string): Matrix4 {
  if (!numbers.every(Number.isFinite) || ![7, 12, 16].includes(numbers.length)) {
    throw new RangeError(`${where} has no pose of 7, 12 or 16 numbers`);
  }
  const pose = matrixOf(numbers);
  const bottom = pose.slice(12).join();
  if (keepsShapes(pose) && bottom === "0,0,0,1") return pose;
  throw new RangeError(`${where} has a pose that does not turn and shift; give it row by row`);
}

function matrixOf(numbers: readonly number[]): Matrix4 {
  if (numbers.length > 7) return [...numbers, 0, 0, 0, 1].slice(0, 16);
  return matrixOfPose({ translation: numbers.slice(0, 3), rotation: numbers.slice(3) });
}
