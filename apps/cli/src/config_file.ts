import { CliError } from "./errors.ts";
import { userPath } from "./paths.ts";

/**
 * Reads a file of options: a JSON object from long names to values.
 *
 * @param path The value of `--config`.
 * @returns The values as the command line would give them.
 * @throws {CliError} `USAGE` when the file is missing or no such object.
 */
export async function readConfig(path: string): Promise<Readonly<Record<string, string>>> {
  const refuse = (reason: string, cause?: unknown) =>
    new CliError("USAGE", `--config ${reason}`, {
      file: path,
      hint: 'give a file such as { "scale": 2, "overwrite": true }',
      cause,
    });
  let text: string;
  try {
    text = await Deno.readTextFile(userPath(path));
  } catch (error) {
    throw refuse("cannot be read", error);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw refuse("is no JSON", error);
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw refuse("is no JSON object");
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([name, value]) => {
      if (!["string", "number", "boolean"].includes(typeof value)) {
        throw refuse(`has no usable value for ${name}`);
      }
      return [name, String(value)];
    }),
  );
}
