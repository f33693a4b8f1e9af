const [QUOTE, BACKSLASH] = [34, 92];
const [OPEN_LIST, CLOSE_LIST, OPEN, CLOSE] = [91, 93, 123, 125];

/**
 * Reads a JSON list of objects one after the other: nuScenes' largest tables are longer than a string
 * can be.
 *
 * @param chunks The bytes of the file.
 * @returns The objects, parsed.
 * @throws {SyntaxError} If it is no list of objects, or ends too early.
 */
export async function* jsonRows(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<unknown> {
  const decoder = new TextDecoder();
  let [depth, inString, escaped, started] = [0, false, false, false];
  let pending: Uint8Array[] = [];
  for await (const chunk of chunks) {
    let start = depth > 1 ? 0 : -1;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at] ?? 0;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
      } else if (byte === QUOTE) {
        inString = true;
      } else if (byte === OPEN || byte === OPEN_LIST) {
        if (depth === 0 && byte === OPEN) throw new SyntaxError("it is no list");
        if (depth === 1) start = at;
        started = true;
        depth++;
      } else if ((byte === CLOSE || byte === CLOSE_LIST) && --depth === 1) {
        pending.push(chunk.subarray(Math.max(0, start), at + 1));
        yield JSON.parse(decoder.decode(joined(pending)));
        [pending, start] = [[], -1];
      }
    }
    if (start >= 0) pending.push(chunk.slice(start));
  }
  if (depth > 0) throw new SyntaxError("it ends too early");
  if (!started) throw new SyntaxError("it is no list");
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let start = 0;
  for (const part of parts) {
    all.set(part, start);
    start += part.length;
  }
  return all;
}
