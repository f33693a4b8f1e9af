import process from "node:process";
import { PointsCodecError } from "../errors.ts";
import { lasColumns, type LasHeader, readLasHeader } from "./las.ts";
import { checkLazChunks } from "./laz_chunks.ts";
import { damaged, type PointFile } from "./point_file.ts";
import { type PointTable, viewOf } from "./point_table.ts";

/** Point formats that laz-perf unpacks; the others carry waveforms or are hardly used. */
const UNPACKED = [0, 1, 2, 3, 6, 7, 8];

/**
 * Reads the points of a `.laz` file by laz-perf, which is loaded for the first such file.
 *
 * @param file The file.
 * @returns Its columns.
 */
export async function readLaz(file: PointFile): Promise<PointTable> {
  const header = readLasHeader(file);
  if (!UNPACKED.includes(header.format)) {
    throw new PointsCodecError(
      `Cannot read ${file.name}: packed points of format ${header.format} are not supported.`,
      "Unpack it to LAS first, for example with laszip or pdal translate.",
    );
  }
  checkLazChunks(file, header);
  const view = viewOf(await unpack(file, header));
  return { format: "laz", ...lasColumns(header, view, 0), warnings: [] };
}

/** What is used of the module; its own types refer to those of Emscripten, which are not there. */
interface LazPerf {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  readonly LASZip: new () => Unpacker;
}

interface Unpacker {
  open(file: number, bytes: number): void;
  getPoint(target: number): void;
  delete(): void;
}

/**
 * Unpacks all points. Every file gets a module of its own: a damaged one may leave it in any state,
 * and its memory, which holds the file, can only be given back as a whole.
 */
async function unpack(file: PointFile, header: LasHeader): Promise<Uint8Array> {
  const { points, pointBytes } = header;
  const unpacked = allocate(file, points * pointBytes);
  const module = await openLazPerf();
  try {
    const source = module._malloc(file.bytes.length);
    const target = module._malloc(pointBytes);
    module.HEAPU8.set(file.bytes, source);
    const unpacker = new module.LASZip();
    unpacker.open(source, file.bytes.length);
    for (let point = 0; point < points; point++) {
      unpacker.getPoint(target);
      unpacked.set(module.HEAPU8.subarray(target, target + pointBytes), point * pointBytes);
    }
    unpacker.delete();
  } catch (error) {
    throw damaged(file, `its packed points cannot be unpacked (${describe(error)})`);
  }
  return unpacked;
}

const EVENTS = ["uncaughtException", "unhandledRejection"] as const;

/** A module that prints nothing and leaves the program's handling of errors as it was. */
async function openLazPerf(): Promise<LazPerf> {
  const { createLazPerf } = await import("laz-perf");
  const silent = { print: () => {}, printErr: () => {} };
  const before = EVENTS.map((event) => process.rawListeners(event));
  const opening = (createLazPerf as unknown as (options: object) => Promise<LazPerf>)(silent);
  for (const [index, event] of EVENTS.entries()) {
    for (const listener of process.rawListeners(event)) {
      if (before[index]?.includes(listener)) continue;
      process.removeListener(event, listener as () => void);
    }
  }
  return await opening;
}

/** Bytes that points may unpack to, as many as a view can have. */
function allocate(file: PointFile, bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw damaged(file, `its points would need ${bytes} bytes`);
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.split("\n")[0] ?? "" : `code ${error}`;
}
