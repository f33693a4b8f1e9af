/**
 * Classifies the 10,000 test pictures of Fashion-MNIST with the shipped model and compares every answer
 * with PyTorch's.
 *
 * @module
 */
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { findModel } from "@vicinity/checkpoint";
import { openModel } from "@vicinity/checkpoint/deno";
import { ImageClassifier } from "@vicinity/dinat";
import { readArguments, wrongUsage } from "./arguments.ts";
import { print } from "./print.ts";

const PREDICTIONS = new URL("../fixtures/fashion/predictions.bin", import.meta.url);
/** Bytes of the headers of IDX files: magic number and one extent for each axis. */
const HEADER = { pictures: 16, labels: 8 };
const SIDE = 28;

async function idx(folder: string, name: string, header: number): Promise<Uint8Array> {
  return gunzipSync(await Deno.readFile(join(folder, name))).subarray(header);
}

async function main(folder: string): Promise<number> {
  const pictures = await idx(folder, "t10k-images-idx3-ubyte.gz", HEADER.pictures);
  const labels = await idx(folder, "t10k-labels-idx1-ubyte.gz", HEADER.labels);
  const predictions = await Deno.readFile(PREDICTIONS);
  using weights = await openModel(findModel("dinat-fashion"));
  using classifier = await ImageClassifier.load({ weights });
  let [right, differing] = [0, 0];
  for (const [index, label] of labels.entries()) {
    const grey = pictures.subarray(index * SIDE ** 2, (index + 1) * SIDE ** 2);
    const data = Uint8Array.from(
      { length: 3 * SIDE ** 2 },
      (_, at) => grey[Math.floor(at / 3)] ?? 0,
    );
    const [best] = await classifier.run({ width: SIDE, height: SIDE, data }, { top: 1 });
    if (best?.id === label) right++;
    if (best?.id !== predictions[index]) differing++;
  }
  print(`accuracy ${(right / labels.length).toFixed(4)} on ${labels.length} pictures`);
  print(`${differing} answers differ from PyTorch's`);
  return differing === 0 ? 0 : 1;
}

const USAGE = `deno task eval:fashion FOLDER

Classifies the 10,000 test pictures of Fashion-MNIST; the folder has the IDX files of Debian's package
dataset-fashion-mnist.`;

const { positionals: [folder] } = readArguments(USAGE, {}, 1);
if (folder === undefined) wrongUsage(USAGE, "no folder is named");
Deno.exit(await main(folder));
