const HASHED_BYTES = 2 ** 20;

/**
 * SHA-256 of the first and the last MiB of a file, which is quick for any video.
 *
 * @param path The file.
 * @param bytes Its length.
 * @returns The hash in hexadecimal digits.
 */
export async function hashOfEnds(path: string, bytes: number): Promise<string> {
  using file = await Deno.open(path, { read: true });
  const ends = new Uint8Array(2 * HASHED_BYTES);
  const head = await readFrom(file, 0, ends.subarray(0, HASHED_BYTES));
  const tail = await readFrom(
    file,
    Math.max(0, bytes - HASHED_BYTES),
    ends.subarray(head, head + HASHED_BYTES),
  );
  const digest = await crypto.subtle.digest("SHA-256", ends.subarray(0, head + tail));
  return new Uint8Array(digest).toHex();
}

async function readFrom(file: Deno.FsFile, start: number, into: Uint8Array): Promise<number> {
  await file.seek(start, Deno.SeekMode.Start);
  let filled = 0;
  while (filled < into.length) {
    const count = await file.read(into.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return filled;
}
