import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The launcher. */
export const LAUNCHER = fileURLToPath(new URL("../vicinity", import.meta.url));

/** How the launcher ended and what it printed. */
export interface Launched {
  readonly code: number;
  readonly said: string;
  readonly complaint: string;
  /** What programs that only take note of their calls were called with, in order. */
  readonly calls: readonly string[];
}

/** Tools of every Unix that the launcher calls. */
const TOOLS = ["sh", "dirname", "awk", "sed", "mkdir", "chmod", "readlink", "cat"];
const CALLS = "calls";

/** A machine that has a copy of the launcher, the tools of every Unix, the programs that it is given, and no more. */
export class BareMachine implements AsyncDisposable {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /**
   * Sets a machine up; it is a Linux, and its user is nobody.
   *
   * @param programs More programs by their names: the lines of a shell script.
   * @returns The machine, to be disposed.
   */
  static async create(programs: Readonly<Record<string, string>> = {}): Promise<BareMachine> {
    const machine = new BareMachine(await Deno.makeTempDir({ prefix: "vicinity test " }));
    await Deno.copyFile(LAUNCHER, join(machine.#folder, "vicinity"));
    await Deno.mkdir(join(machine.#folder, "bin"));
    for (const tool of TOOLS) {
      const { stdout } = await new Deno.Command("sh", { args: ["-c", `command -v ${tool}`] })
        .output();
      const path = new TextDecoder().decode(stdout).trim();
      await Deno.symlink(path, join(machine.#folder, "bin", tool));
    }
    const fakes = { uname: "echo Linux", id: "echo 1000", ...programs };
    for (const [name, script] of Object.entries(fakes)) await machine.give(["bin", name], script);
    return machine;
  }

  /**
   * Gives the machine a program.
   *
   * @param path Its place, such as `bin` and its name.
   * @param script What it does, as lines of a shell script; `$calls` is a file for notes.
   */
  async give(path: readonly string[], script = ""): Promise<void> {
    const file = join(this.#folder, ...path);
    await Deno.mkdir(join(file, ".."), { recursive: true });
    const notes = `calls='${join(this.#folder, CALLS)}'`;
    await Deno.writeTextFile(file, `#!/bin/sh\n${notes}\n${script}\n`, { mode: 0o755 });
  }

  /**
   * Takes a file or a folder away.
   *
   * @param path Its place.
   */
  async take(...path: readonly string[]): Promise<void> {
    await Deno.remove(join(this.#folder, ...path), { recursive: true });
  }

  /**
   * Starts the launcher.
   *
   * @param args Its arguments.
   * @param env Variables beside `PATH` and `HOME`.
   * @returns How that ended.
   */
  async launch(
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Promise<Launched> {
    const folder = this.#folder;
    const { code, stdout, stderr } = await new Deno.Command(join(folder, "vicinity"), {
      args: [...args],
      cwd: folder,
      clearEnv: true,
      env: { PATH: join(folder, "bin"), HOME: folder, ...env },
      stdin: "null",
    }).output();
    const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes).trim();
    const notes = await Deno.readTextFile(join(folder, CALLS)).catch(() => "");
    const calls = notes.split("\n").filter((line) => line !== "");
    return { code, said: text(stdout), complaint: text(stderr), calls };
  }

  /** Removes the machine. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A Deno of a version that sees an adapter, or none, and of a task only says that it was called. */
export function fakeDeno(version: string, { hasAdapter = true } = {}): string {
  return `case $1 in
  --version) echo "deno ${version}" ;;
  eval) exit ${hasAdapter ? 0 : 1} ;;
  task) echo "deno ${version} $*" ;;
esac`;
}
