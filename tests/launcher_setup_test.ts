import assert from "node:assert/strict";
import { BareMachine, fakeDeno } from "./bare_machine.ts";

const PINNED = "2.9.6";
const FFMPEG = { ffmpeg: "", ffprobe: "" };
const ROOT = { id: "echo 0" };
/** Takes note of its arguments, and of whether it may ask. */
const APT_GET = 'echo "$DEBIAN_FRONTEND apt-get $*" >> "$calls"; echo unpacking';

/** An npx that takes note of its arguments and says where the pinned Deno is: beside it. */
const NPX = `echo "npx $*, notifier $npm_config_update_notifier, stdin $(cat)" >> "$calls"
echo "\${0%/*}/pinned"`;
const FROM_NPM = { npx: NPX, node: "echo v20.1.0", pinned: fakeDeno(PINNED) };
const FETCH = `npx -y deno@${PINNED} eval console.log(Deno.execPath()), notifier false, stdin `;

function onUnix(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os === "windows", fn });
}

onUnix("the launcher takes a Deno of PATH that is new enough", async () => {
  for (
    const version of ["2.9.0", "2.9.6", "2.10.1", "3.0.0", "2.9.1-rc.2", "2.9.7+5a3c", "10.0.0"]
  ) {
    await using machine = await BareMachine.create({
      ...FFMPEG,
      ...FROM_NPM,
      deno: fakeDeno(version),
    });
    const said = `deno ${version} task --quiet upscale a.png`;
    const goesOn = { code: 0, said, complaint: "", calls: [] };
    assert.deepEqual(await machine.launch(["upscale", "a.png"]), goesOn);
  }
});

onUnix("the launcher takes a Deno from npm where that of PATH is too old, or none", async () => {
  const goesOn = { code: 0, said: `deno ${PINNED} task --quiet ok -q`, calls: [FETCH.trimEnd()] };
  const tooOld = (version: string) =>
    `vicinity: Deno ${version} is too old; using ${PINNED} from npm.`;
  const cases: readonly [Readonly<Record<string, string>>, string][] = [
    [{}, ""],
    [{ deno: fakeDeno("2.8.9") }, tooOld("2.8.9")],
    [{ deno: fakeDeno("1.46.3") }, tooOld("1.46.3")],
    [{ deno: "exit 1" }, tooOld("of unknown version")],
  ];
  for (const [deno, complaint] of cases) {
    await using machine = await BareMachine.create({ ...FFMPEG, ...FROM_NPM, ...deno });
    const { calls, ...launched } = await machine.launch(["test", "-q"]);
    assert.deepEqual({ ...launched, calls: calls.map((it) => it.trimEnd()) }, {
      ...goesOn,
      complaint,
    });
  }
});

onUnix("the launcher says what is missing where there is no Deno and no way to one", async () => {
  const { npx, node, pinned } = FROM_NPM;
  const cases: readonly [Readonly<Record<string, string>>, string, string[]][] = [
    [{}, "Cannot start: neither Deno >= 2.9 nor Node >= 20 is on PATH. Install one of them.", []],
    [
      { node },
      "Cannot start: Node is here, but npx is not. Install npm (apt-get install npm), or Deno >= 2.9.",
      [],
    ],
    [
      { node: "echo v18.20.4", npx, pinned },
      "Cannot start: Node 18 is too old to fetch Deno. Install Node >= 20 or Deno >= 2.9.",
      [],
    ],
    [
      { node, npx: 'echo "npx" >> "$calls"; exit 7' },
      `Cannot fetch Deno ${PINNED} from npm. Check the network, or install Deno >= 2.9.`,
      ["npx"],
    ],
  ];
  for (const [programs, complaint, calls] of cases) {
    await using machine = await BareMachine.create({ ...FFMPEG, ...programs });
    const stopped = { code: 1, said: "", complaint: `vicinity: ${complaint}`, calls };
    assert.deepEqual(await machine.launch(["upscale"]), stopped);
  }
});

onUnix("the launcher installs as root what is missing, and tells only who watches", async () => {
  const cases = [
    [{ deno: fakeDeno(PINNED) }, "ffmpeg"],
    [
      { ...FFMPEG, deno: fakeDeno(PINNED, { hasAdapter: false }) },
      "mesa-vulkan-drivers libvulkan1",
    ],
    [
      { deno: fakeDeno(PINNED, { hasAdapter: false }) },
      "ffmpeg mesa-vulkan-drivers libvulkan1",
    ],
  ] as const;
  for (const [programs, packages] of cases) {
    await using machine = await BareMachine.create({ ...programs, ...ROOT, "apt-get": APT_GET });
    assert.deepEqual(await machine.launch(["detect", "a.png"]), {
      code: 0,
      said: `deno ${PINNED} task --quiet detect a.png`,
      complaint: `vicinity: installing ${packages}\nunpacking\nunpacking`,
      calls: [
        " apt-get update -qq",
        `noninteractive apt-get install -y -qq --no-install-recommends ${packages}`,
      ],
    });
  }
});

onUnix("the launcher tells who is not root what to call, and calls nothing", async () => {
  const deno = fakeDeno(PINNED, { hasAdapter: false });
  await using machine = await BareMachine.create({ deno, "apt-get": APT_GET });
  const packages = "ffmpeg mesa-vulkan-drivers libvulkan1";
  assert.deepEqual(await machine.launch(["classify", "a.png"]), {
    code: 1,
    said: "",
    complaint:
      `vicinity: Cannot go on: this machine lacks ${packages}. Run this once, then try again:\n` +
      `  sudo apt-get update && sudo apt-get install -y --no-install-recommends ${packages}`,
    calls: [],
  });
});

onUnix("the launcher names what is missing where there is no apt-get", async () => {
  await using machine = await BareMachine.create({ deno: fakeDeno(PINNED), ...ROOT });
  assert.deepEqual(await machine.launch(["classify", "a.png"]), {
    code: 1,
    said: "",
    complaint: "vicinity: Cannot go on: this machine lacks ffmpeg. Install them with its package " +
      "manager, then run this again.",
    calls: [],
  });
});

onUnix("the launcher goes no further when apt-get fails", async () => {
  for (const [step, calls] of [["update", 1], ["install", 2]] as const) {
    await using machine = await BareMachine.create({
      ...{ deno: fakeDeno(PINNED), ...ROOT },
      "apt-get": `${APT_GET}; [ "$1" != ${step} ] || exit 100`,
    });
    const failed = await machine.launch(["upscale", "a.png"]);
    assert.deepEqual([failed.code, failed.said, failed.calls.length], [1, "", calls]);
    assert.match(
      failed.complaint,
      /Cannot install ffmpeg: apt-get failed .*\. Install them by hand/,
    );
  }
});

onUnix(
  "the launcher installs nothing for what says what is missing, nor on a chosen backend",
  async () => {
    const deno = fakeDeno(PINNED, { hasAdapter: false });
    await using machine = await BareMachine.create({ deno, ...ROOT, "apt-get": APT_GET });
    for (const task of ["doctor", "download"]) {
      const { code, calls } = await machine.launch([task]);
      assert.deepEqual([code, calls], [0, []]);
    }
    await machine.give(["bin", "ffmpeg"]);
    await machine.give(["bin", "ffprobe"]);
    const chosen = await machine.launch(["upscale"], { DENO_WEBGPU_BACKEND: "gl" });
    assert.deepEqual([chosen.code, chosen.calls], [0, []]);
  },
);
