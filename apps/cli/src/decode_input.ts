import { type DecodedImage, decodeImage, type DecodeImageOptions } from "@vicinity/media";
import type { ItemScope } from "./batch.ts";
import type { COMMON_OPTIONS } from "./common_options.ts";
import { type Input, readInput } from "./inputs.ts";
import type { OptionValues } from "./options.ts";

/**
 * Decodes a picture as the options say.
 *
 * @param input The picture.
 * @param values The options.
 * @param colors What becomes of its colour profile.
 * @returns Its pixels; of several pictures in a file, the first.
 */
export async function decodeInput(
  input: Input,
  values: Pick<OptionValues<typeof COMMON_OPTIONS>, "max-pixels" | "allow-truncated">,
  colors: DecodeImageOptions["colors"],
): Promise<DecodedImage> {
  return await decodeImage(await readInput(input), {
    maxPixels: values["max-pixels"],
    allowTruncated: values["allow-truncated"],
    ...(colors === undefined ? {} : { colors }),
  });
}

/**
 * Tells that a file has more pictures than are looked at.
 *
 * @param image What was decoded.
 * @param warn Takes the warning.
 */
export function tellOfPages({ metadata: { pages } }: DecodedImage, warn: ItemScope["warn"]): void {
  if (pages <= 1) return;
  warn({ code: "ANIMATION", message: `only the first of ${pages} pictures is used` });
}
