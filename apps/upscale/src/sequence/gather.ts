import { basename, dirname, extname } from "node:path";
import { CliError, type Input, shownPath } from "@vicinity/cli";
import { PICTURE_ENDINGS } from "@vicinity/media";

/**
 * Makes one input of the pictures of each folder: the frames of a film in natural order.
 *
 * @param inputs Pictures, and videos perhaps, which stay what they are.
 * @returns A sequence in the place of the first picture of each folder.
 * @throws {CliError} `NO_INPUT` when there is no picture.
 */
export function gatherSequences(inputs: readonly Input[]): readonly Input[] {
  const folders = Map.groupBy(inputs.filter(isPicture), ({ path }) => dirname(path));
  if (folders.size === 0) {
    throw new CliError("NO_INPUT", "--fps makes a video of pictures, and there is none", {
      hint: "leave it out: videos keep their own rate",
    });
  }
  return inputs.flatMap((input) => {
    if (!isPicture(input)) return [input];
    const path = dirname(input.path);
    const members = folders.get(path) ?? [];
    const subfolder = input.subfolder === "" ? "" : dirname(input.subfolder);
    return members[0] === input ? [{ path, shown: shownPath(path), subfolder, members }] : [];
  });
}

function isPicture({ path }: Input): boolean {
  return PICTURE_ENDINGS.includes(extname(path).slice(1).toLowerCase());
}

/**
 * Says where numbered frames are missing.
 *
 * @param members The frames in order.
 * @returns Sentences, none when the numbers are without gaps or the names have none.
 */
export function gaps(members: readonly Input[]): readonly string[] {
  return members.slice(1).flatMap((member, index) => {
    const before = members[index];
    const [from, to] = [before && numberOf(before), numberOf(member)];
    if (from === undefined || to === undefined || to - from <= 1) return [];
    const missing = to - from === 2
      ? `frame ${from + 1} is`
      : `frames ${from + 1} to ${to - 1} are`;
    return [`${missing} missing: ${basename(member.path)} follows ${basename(before?.path ?? "")}`];
  });
}

/** The last number in a name. */
function numberOf({ path }: Input): number | undefined {
  const digits = /(\d+)\D*$/.exec(basename(path, extname(path)))?.[1];
  return digits === undefined ? undefined : Number(digits);
}
