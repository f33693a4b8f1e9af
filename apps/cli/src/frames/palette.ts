import { CliError } from "../errors.ts";
import { userPath } from "../paths.ts";
import { CLASS_LISTS, type ClassInfo, vocColor } from "@vicinity/vision";
import * as v from "valibot";

const CHANNEL = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255));
const FILE = v.object({
  names: v.optional(v.array(v.string())),
  colors: v.array(v.tuple([CHANNEL, CHANNEL, CHANNEL])),
});

/**
 * Recolours classes, and renames them where the palette has names.
 *
 * @param classes The model's classes.
 * @param palette The value of `--palette`; the model's own colours when absent.
 * @returns As many classes.
 * @throws {CliError} `USAGE` for a palette that cannot be read.
 */
export async function paint(
  classes: readonly ClassInfo[],
  palette: string | undefined,
): Promise<readonly ClassInfo[]> {
  if (palette === undefined) return classes;
  if (palette === "voc") {
    return classes.map(({ name }, id) => ({ name, color: vocColor(id + 1) }));
  }
  if (Object.hasOwn(CLASS_LISTS, palette)) {
    const list = CLASS_LISTS[palette as keyof typeof CLASS_LISTS];
    return classes.map(({ name }, id) => ({
      name,
      color: list[id % list.length]?.color ?? vocColor(id + 1),
    }));
  }
  const { names, colors } = await readPalette(palette);
  return classes.map(({ name, color }, id) => ({
    name: names?.[id] ?? name,
    color: colors[id] ?? color,
  }));
}

async function readPalette(path: string): Promise<v.InferOutput<typeof FILE>> {
  let reason: string;
  try {
    const json: unknown = JSON.parse(await Deno.readTextFile(userPath(path)));
    const parsed = v.safeParse(FILE, json);
    if (parsed.success) return parsed.output;
    const [issue] = parsed.issues;
    reason = `${v.getDotPath(issue) ?? "it"}: ${issue.message}`;
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  throw new CliError("USAGE", `--palette cannot be read: ${reason}`, {
    file: path,
    hint: `name one of ${Object.keys(CLASS_LISTS).join(", ")}, voc, or give JSON with colors`,
  });
}
