import assert from "node:assert/strict";
import { join } from "node:path";
import { probeVideo } from "@vicinity/media";
import { CONFIG, environmentIn, writeClip } from "./command_line.ts";

const ROOT = new URL("../", import.meta.url);

/** The examples of the README, as somebody would paste them into a file. */
async function examples(): Promise<string[]> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  return [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, text = ""]) => text);
}

Deno.test("the examples of the README run as they stand there", async () => {
  const folder = await Deno.makeTempDir({ prefix: "vicinity-test-" });
  try {
    await Deno.symlink(new URL("models", ROOT), join(folder, "models"));
    await Deno.copyFile(new URL("fixtures/pictures/hills.jpg", ROOT), join(folder, "photo.jpg"));
    await writeClip(join(folder, "clip.mp4"), 0.2);
    const printed: string[] = [];
    for (const [index, text] of (await examples()).entries()) {
      const file = join(folder, `example${index}.ts`);
      await Deno.writeTextFile(file, text);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "--no-check", "--allow-all", "--config", CONFIG, file],
        cwd: folder,
        clearEnv: true,
        env: environmentIn(folder),
      }).output();
      assert.equal(code, 0, new TextDecoder().decode(stderr));
      printed.push(new TextDecoder().decode(stdout).trim());
    }
    assert.deepEqual(printed, ["", "sky"]);
    const { width, height } = await probeVideo(join(folder, "large.mp4"));
    assert.deepEqual([width, height], [96, 64]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
