import { join } from "node:path";
import { encodeImage } from "@vicinity/media";
import { type TinyModel, writeTinyModel } from "./tiny_model.ts";

/** The configuration that has the tasks. */
export const CONFIG = new URL("../deno.json", import.meta.url).pathname;

/** How a command ended and what it printed. */
export interface Ended {
  readonly code: number;
  readonly stdout: Uint8Array<ArrayBuffer>;
  readonly stderr: string;
}

/** How a command is started. */
export interface StartOptions {
  /** The folder that the user stands in. */
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array<ArrayBuffer>;
}

/** The environment of somebody who stands in a folder, and not of the task that runs the tests. */
export function environmentIn(cwd: string): Record<string, string> {
  const { INIT_CWD: _, ...inherited } = Deno.env.toObject();
  // Without it Mesa complains on standard error where no session of a desktop is.
  return { XDG_RUNTIME_DIR: cwd, ...inherited };
}

/** Prepares a task of the project as a user would call it from some folder. */
export function taskCommand(task: string, args: readonly string[], options: StartOptions) {
  return new Deno.Command(Deno.execPath(), {
    args: ["task", "--quiet", "--config", CONFIG, task, ...args],
    cwd: options.cwd,
    clearEnv: true,
    env: { ...environmentIn(options.cwd), ...options.env },
    stdin: options.stdin === undefined ? "null" : "piped",
    stdout: "piped",
    stderr: "piped",
    detached: true,
  });
}

/** Runs a task to its end. */
export async function runTask(
  task: string,
  args: readonly string[],
  options: StartOptions,
): Promise<Ended> {
  const child = taskCommand(task, args, options).spawn();
  if (options.stdin !== undefined) {
    await new Blob([options.stdin]).stream().pipeTo(child.stdin).catch(() => {});
  }
  const { code, stdout, stderr } = await child.output();
  return { code, stdout, stderr: new TextDecoder().decode(stderr) };
}

/** Gives a test a folder of its own, with `upscale` to be run in it. */
export function inFolder(
  body: (folder: string, upscale: Run) => Promise<void>,
): Promise<void> {
  return withCommand("upscale", body);
}

/** Gives a test a folder of its own, with a command to be run in it with a tiny network. */
export async function withCommand(
  task: TinyModel,
  body: (folder: string, run: Run) => Promise<void>,
  model: TinyModel = task,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  const weights = await tinyModel(model);
  try {
    await body(
      folder,
      (args, options = {}) => runTask(task, ["-w", weights, ...args], { cwd: folder, ...options }),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Runs a command with a tiny network. */
export type Run = (
  args: readonly string[],
  options?: Partial<StartOptions>,
) => Promise<Ended>;

const models = new Map<TinyModel, Promise<string>>();

/** The path of a tiny network, made once and removed when the tests end. */
export function tinyModel(task: TinyModel = "upscale"): Promise<string> {
  const model = models.get(task) ?? makeModel(task);
  models.set(task, model);
  return model;
}

async function makeModel(task: TinyModel): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
  const path = join(folder, "tiny.safetensors");
  await writeTinyModel(task, path);
  return path;
}

/** Writes a picture of coloured stripes. */
export async function writePicture(path: string, width: number, height: number): Promise<void> {
  const data = Uint8Array.from(
    { length: width * height * 3 },
    (_, at) => 40 + 30 * (at % 3) + 20 * (Math.floor(at / 3) % width % 5),
  );
  const picture = { width, height, channels: 3, depth: 8, data } as const;
  await Deno.writeFile(path, await encodeImage(picture, { format: "png" }));
}

/** Runs ffmpeg, for inputs that it makes. */
export async function ffmpeg(args: readonly string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.env.get("FFMPEG_BIN") ?? "ffmpeg", {
    args: ["-nostdin", "-v", "error", "-y", ...args],
    stdin: "null",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
}

/** Writes a moving test pattern with a tone. */
export async function writeClip(path: string, seconds: number): Promise<void> {
  // deno-fmt-ignore
  await ffmpeg([
    "-f", "lavfi", "-i", `testsrc2=size=48x32:rate=25:duration=${seconds}`,
    "-f", "lavfi", "-i", `sine=duration=${seconds}`,
    "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest", path,
  ]);
}

/** The names in a folder, hidden ones too. */
export function namesIn(folder: string): string[] {
  return [...Deno.readDirSync(folder)].map(({ name }) => name).sort();
}
