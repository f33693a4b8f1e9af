import { CliError, flushFile, makeFolder, outputError, WORK_ENDING } from "@vicinity/cli";
import { join } from "node:path";
import { type PartRecord, readState, requireSame, type Settings, writeState } from "./state.ts";

/** Names that this program gives inside a work folder, hidden temporary ones among them. */
const OWN_NAME = /^\.?(\d{5,}|joined|state)\.[\w.]+$/;
const DIGITS = 5;
const LOCK = "lock";

/** The folder beside a result in which its parts wait until all are there. */
export class WorkFolder implements Disposable {
  readonly #path: string;
  readonly #settings: Settings;
  readonly #parts = new Map<number, PartRecord>();
  #lock: Deno.FsFile | undefined;

  private constructor(path: string, settings: Settings) {
    this.#path = path;
    this.#settings = settings;
  }

  /**
   * Opens the folder of a result; makes it where there is none.
   *
   * @param target The result.
   * @param settings What decides the frames and their coding.
   * @param restart Whether parts that are there are thrown away.
   * @returns The folder with the parts that can be used; dispose it, so that others may have it.
   * @throws {CliError} `RESUME_MISMATCH`, `RESUME_DAMAGED`, `OUTPUT_DENIED`, also when another run is at
   *   work in the folder, `OUTPUT_NOSPACE`.
   */
  static async open(target: string, settings: Settings, restart: boolean): Promise<WorkFolder> {
    const folder = new WorkFolder(`${target}${WORK_ENDING}`, settings);
    try {
      await makeFolder(folder.#path);
      await folder.#claim(target);
      if (!restart) await folder.#recall();
      await folder.#removeLeftovers();
      await folder.#write();
    } catch (error) {
      folder[Symbol.dispose]();
      throw error instanceof CliError ? error : outputError(error, folder.#path);
    }
    return folder;
  }

  /**
   * Looks what earlier runs have left, and changes nothing.
   *
   * @param target The result.
   * @param settings What decides the frames and their coding.
   * @returns Frames in parts that can be used.
   * @throws {CliError} `RESUME_MISMATCH`, `RESUME_DAMAGED`.
   */
  static async keptFrames(target: string, settings: Settings): Promise<number> {
    const folder = new WorkFolder(`${target}${WORK_ENDING}`, settings);
    await folder.#recall();
    return folder.frames;
  }

  /** The system gives the lock back when a process ends, however that happens. */
  async #claim(target: string): Promise<void> {
    this.#lock = await Deno.open(this.pathOf(LOCK), { create: true, write: true });
    if (await this.#lock.tryLock(true)) return;
    throw new CliError("OUTPUT_DENIED", "another run is at work on this result", {
      file: target,
      hint: "wait for it, or choose another name with -o",
    });
  }

  /** Frames in finished parts. */
  get frames(): number {
    return [...this.#parts.values()].reduce((sum, { frames }) => sum + frames, 0);
  }

  /**
   * Looks a finished part up.
   *
   * @param index Its number.
   * @returns What is known of it; undefined where it is still to be made.
   */
  part(index: number): PartRecord | undefined {
    return this.#parts.get(index);
  }

  /**
   * Names a file of a part.
   *
   * @param index Number of the part.
   * @param ending What follows the number.
   * @returns Its name.
   */
  nameOf(index: number, ending: string): string {
    return `${String(index).padStart(DIGITS, "0")}.${ending}`;
  }

  /**
   * The path of a file in the folder.
   *
   * @param name Its name.
   * @returns The absolute path.
   */
  pathOf(name: string): string {
    return join(this.#path, name);
  }

  /**
   * Takes note that a part is complete.
   *
   * @param index Number of the part.
   * @param frames Its frames.
   * @param names Names of its files.
   */
  async finish(index: number, frames: number, names: readonly string[]): Promise<void> {
    const files = [];
    for (const name of names) {
      const path = this.pathOf(name);
      await flushFile(path);
      files.push({ name, bytes: (await Deno.stat(path)).size });
    }
    this.#parts.set(index, { index, frames, files });
    await this.#write();
  }

  /** Removes the folder; what is not of this program stays, and the folder with it. */
  async remove(): Promise<void> {
    this.#parts.clear();
    await this.#removeLeftovers();
    await Deno.remove(this.pathOf("state.json")).catch(() => {});
    await Deno.remove(this.pathOf(LOCK)).catch(() => {});
    await Deno.remove(this.#path).catch(() => {});
  }

  async #recall(): Promise<void> {
    const state = await readState(this.#statePath);
    if (state === undefined) return;
    for (const part of state.parts) {
      const whole = await Promise.all(part.files.map(({ name, bytes }) => this.#has(name, bytes)));
      if (whole.every((it) => it)) this.#parts.set(part.index, part);
    }
    // Where nothing is kept, nothing has to fit.
    if (this.#parts.size > 0) requireSame(state.settings, this.#settings, this.#statePath);
  }

  async #has(name: string, bytes: number): Promise<boolean> {
    const info = await Deno.stat(this.pathOf(name)).catch(() => undefined);
    return info?.isFile === true && info.size === bytes;
  }

  /** Unfinished files of a run that was killed, and parts that nothing is known of. */
  async #removeLeftovers(): Promise<void> {
    const kept = new Set(
      [...this.#parts.values()].flatMap(({ files }) => files.map(({ name }) => name)),
    );
    for await (const { name } of Deno.readDir(this.#path)) {
      const isOwn = OWN_NAME.test(name) && name !== "state.json";
      if (isOwn && !kept.has(name)) await Deno.remove(this.pathOf(name)).catch(() => {});
    }
  }

  async #write(): Promise<void> {
    const parts = [...this.#parts.values()].sort((one, other) => one.index - other.index);
    await writeState(this.#statePath, { settings: this.#settings, parts });
  }

  /** Lets other runs have the folder. */
  [Symbol.dispose](): void {
    this.#lock?.close();
    this.#lock = undefined;
  }

  get #statePath(): string {
    return this.pathOf("state.json");
  }
}
