import type { LasHeader } from "./las.ts";
import { damaged, type PointFile, truncated } from "./point_file.ts";

/** The record that says how points are packed: who wrote it, its number, where its chunk size is. */
const [USER, RECORD, CHUNK_SIZE_AT] = ["laszip encoded", 22204, 12];
/** Bytes before the content of a record, and where its parts are. */
const VLR = { bytes: 54, user: 2, record: 18, length: 20 };
/** Chunks of a size each of their own. */
const VARIABLE = 0xffffffff;

/**
 * Checks that the chunks of a LAZ file hold as many points as its header says and that the file is
 * there up to their table at its end, because what unpacks them does neither.
 *
 * @param file The file.
 * @param header Its header.
 * @throws {PointsTruncatedError} If the file ends before the table.
 * @throws {PointsDamagedError} If the table contradicts the header.
 */
export function checkLazChunks(file: PointFile, header: LasHeader): void {
  const chunkSize = chunkSizeOf(file);
  const table = tableAt(file, header.start);
  const chunks = file.view.getUint32(table + 4, true);
  const fits = chunkSize === VARIABLE
    ? chunks <= header.points
    : chunks === Math.ceil(header.points / chunkSize);
  if (fits) return;
  throw damaged(
    file,
    `${chunks} chunks of ${chunkSize} points cannot hold ${header.points} points`,
  );
}

function chunkSizeOf(file: PointFile): number {
  const { bytes, view } = file;
  const count = view.getUint32(100, true);
  let at = view.getUint16(94, true);
  for (let record = 0; record < count && at + VLR.bytes <= bytes.length; record++) {
    const content = at + VLR.bytes;
    const length = view.getUint16(at + VLR.length, true);
    const user = new TextDecoder("latin1").decode(bytes.subarray(at + VLR.user, at + VLR.record));
    const packed = user.startsWith(USER) && view.getUint16(at + VLR.record, true) === RECORD;
    if (packed && content + CHUNK_SIZE_AT + 4 <= bytes.length) {
      return view.getUint32(content + CHUNK_SIZE_AT, true);
    }
    at = content + length;
  }
  throw damaged(file, "it does not say how its points are packed");
}

/** The table's place stands before the first chunk, or at the end where it was not known then. */
function tableAt(file: PointFile, start: number): number {
  const { bytes, view } = file;
  if (start + 8 > bytes.length) throw truncated(file, "its points are missing");
  const early = view.getBigInt64(start, true);
  const table = Number(early === -1n ? view.getBigInt64(bytes.length - 8, true) : early);
  if (table + 8 > bytes.length) {
    throw truncated(file, `${bytes.length} of more than ${table} bytes are there`);
  }
  if (table < start + 8) throw damaged(file, `its chunks would end at byte ${table}`);
  return table;
}
