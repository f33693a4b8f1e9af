import assert from "node:assert/strict";
import { basename } from "node:path";
import { MediaError, type PointCloud } from "@vicinity/media";
import { fixture, read } from "./testing/point_bytes.ts";

const FOLDER = "golden/dsvt/formats";
const FILES = [...Deno.readDirSync(new URL(`../../../../fixtures/${FOLDER}`, import.meta.url))]
  .filter(({ name }) => !/\.(safetensors|pth)$/.test(name))
  .map(({ name }) => `${FOLDER}/${name}`)
  .concat("lidar/survey.laz")
  .sort();

/** A reader of random numbers that is the same every time. */
function generator(seed: number): () => number {
  let state = seed;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

/** Points, or undefined for an error that the package means to throw. */
async function outcome(file: Uint8Array, name: string): Promise<PointCloud | undefined> {
  try {
    return await read(file, name);
  } catch (error) {
    assert(error instanceof MediaError, `${name}: ${error}`);
    assert.match(error.message, /^Cannot .*\. [A-Z].*\.$/s);
    return undefined;
  }
}

for (const path of FILES) {
  const name = basename(path);
  Deno.test(`${name} cut anywhere gives an error or the first of its points`, async () => {
    const file = fixture(path);
    const whole = await read(file, name);
    let cuts = 0;
    for (let length = 0; length < file.length; length++) {
      const cloud = await outcome(file.subarray(0, length), name);
      if (cloud === undefined) continue;
      cuts++;
      // The last number of a text may have lost digits, which nothing tells.
      const lost = /\.(xyz|csv)$|^ascii/.test(name) ? 3 : 0;
      const sure = Math.max(0, cloud.positions.length - lost);
      assert.deepEqual(
        cloud.positions.subarray(0, sure),
        whole.positions.subarray(0, sure),
        `${length} bytes`,
      );
    }
    assert(cuts < file.length / 2, "cuts go unnoticed");
  });

  Deno.test(`${name} with wrong bytes gives an error or points, and ends`, async () => {
    const file = fixture(path);
    const random = generator(file.length);
    // What unpacks LAZ is started anew for every file, which takes its time.
    const trials = name.endsWith(".laz") ? 20 : 100;
    for (let trial = 0; trial < trials; trial++) {
      const changed = file.slice();
      for (let count = 0; count < 4; count++) {
        const reach = random() < 0.5 ? 200 : file.length;
        changed[Math.floor(random() * Math.min(reach, file.length))] = Math.floor(256 * random());
      }
      const cloud = await outcome(changed, name);
      if (cloud !== undefined) assert(cloud.positions.every(Number.isFinite));
    }
  });
}
