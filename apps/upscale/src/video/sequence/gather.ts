import { basename, dirname, extname } from "node:path";
import { CliError, type Input, naturally, shownPath } from "@vicinity/cli";
import { PICTURE_ENDINGS } from "@vicinity/media";

/**
 * Makes one input of the pictures of each folder: the frames of a film in natural order.
 *
 * @param inputs Pictures, and videos perhaps, which stay what they are.
 * @param result Where the film is to go, if that is named: one that was made before is no input.
 * @returns A sequence in the place of the first picture of each folder.
 * @throws {CliError} `NO_INPUT` when there is no picture.
 */
export function gatherSequences(inputs: readonly Input[], result?: string): readonly Input[] {
  const folders = Map.groupBy(inputs.filter(isPicture), ({ path }) => dirname(path));
  if (folders.size === 0) {
    throw new CliError("NO_INPUT", "--fps makes a video of pictures, and there is none", {
      hint: "leave it out: videos keep their own rate",
    });
  }
  return inputs.flatMap((input) => {
    if (!isPicture(input)) return input.path === result ? [] : [input];
    const path = dirname(input.path);
    const frames = folders.get(path) ?? [];
    if (frames[0] !== input) return [];
    const members = frames.toSorted((one, other) => naturally.compare(one.path, other.path));
    const subfolder = input.subfolder === "" ? "" : dirname(input.subfolder);
    return [{ path, shown: shownPath(path), subfolder, members }];
  });
}

function isPicture({ path }: Input): boolean {
  return PICTURE_ENDINGS.includes(extname(path).slice(1).toLowerCase());
}

/** Gaps that are told one by one. */
const TOLD_GAPS = 5;

/**
 * Says where numbered frames are missing: where a number is farther from the one before than most are.
 *
 * @param members The frames in order.
 * @returns Sentences, none when the numbers are without gaps or the names have none.
 */
export function gaps(members: readonly Input[]): readonly string[] {
  const steps = members.slice(1).flatMap((member, index) => {
    const before = members[index];
    const [from, to] = [before && numberOf(before), numberOf(member)];
    return before === undefined || from === undefined || to === undefined
      ? []
      : [{ before, member, step: to - from, from, to }];
  });
  const usual = usualStep(steps.map(({ step }) => step));
  const found = steps.filter(({ step }) => step > usual).map(({ before, member, from, to }) => {
    const [first, last] = [from + usual, to - usual];
    const missing = first === last ? `frame ${first} is` : `frames ${first} to ${last} are`;
    return `${missing} missing: ${basename(member.path)} follows ${basename(before.path)}`;
  });
  if (found.length <= TOLD_GAPS) return found;
  return [
    ...found.slice(0, TOLD_GAPS),
    `frames are missing in ${found.length - TOLD_GAPS} more places`,
  ];
}

/** The step that most have, 1 where there is no such step. */
function usualStep(steps: readonly number[]): number {
  const groups = [...Map.groupBy(steps, (step) => step).values()];
  return groups.find((group) => 2 * group.length > steps.length)?.[0] ?? 1;
}

/** The last number in a name. */
function numberOf({ path }: Input): number | undefined {
  const digits = /(\d+)\D*$/.exec(basename(path, extname(path)))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
