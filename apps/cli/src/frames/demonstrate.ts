import { join } from "node:path";
import { writeDemoPicture } from "@vicinity/media";

/**
 * Makes the picture that a command without an input shows itself on.
 *
 * @param folder Where to; made when missing.
 * @returns Its path.
 */
export async function demonstrationPicture(folder: string): Promise<string> {
  await Deno.mkdir(folder, { recursive: true });
  const path = join(folder, "vicinity-demo.png");
  await writeDemoPicture(path);
  return path;
}
