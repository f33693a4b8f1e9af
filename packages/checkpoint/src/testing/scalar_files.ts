/** Files of PyTorch with many numbers, each in a tensor and a storage of its own. */
import { latin1, LEGACY_START, size32 } from "./hostile_files.ts";

/** Numbers of the same length for all, so that a file's bytes need no searching. */
const DIGITS = 6;

function keyOf(index: number): string {
  return `${index}`.padStart(DIGITS, "0");
}

function text(letters: string): string {
  return `X${size32(letters.length)}${letters}`;
}

/** The pickle of `OrderedDict({ "scales.000000": tensor(0.), ... })` as `torch.save` writes it. */
function scalarsPickle(count: number): string {
  const start = "\x80\x02ccollections\nOrderedDict\nq\0)Rq\x01(" +
    "ctorch._utils\n_rebuild_tensor_v2\nq\x020ctorch\nFloatStorage\nq\x030" +
    `${text("storage")}q\x040${text("cpu")}q\x050`;
  let memory = 6;
  const remembered = () => `r${size32(memory++)}`;
  const entry = (index: number) => {
    const storage = `h\x04h\x03${text(keyOf(index))}${remembered()}h\x05K\x01t${remembered()}Q`;
    const hooks = `h\0)R${remembered()}`;
    return `${text(`scales.${keyOf(index)}`)}${remembered()}h\x02((${storage}K\0))\x89${hooks}t` +
      `${remembered()}R${remembered()}`;
  };
  return `${start}${Array.from({ length: count }, (_, index) => entry(index)).join("")}u.`;
}

/** The bytes of the number that a key stands for. */
function numberBytes(index: number): string {
  return String.fromCharCode(...new Uint8Array(new Float32Array([index]).buffer));
}

/**
 * Writes a file from before 1.6 whose tensors `scales.000000`, ... are 0, 1, ...
 *
 * @param count How many there are.
 * @returns The file.
 */
export function legacyScalars(count: number): Uint8Array {
  const indices = Array.from({ length: count }, (_, index) => index);
  const keys = indices.map((index) => text(keyOf(index))).join("");
  const numbers = indices.map((index) => `\x01${"\0".repeat(7)}${numberBytes(index)}`).join("");
  return latin1(`${LEGACY_START}${scalarsPickle(count)}\x80\x02](${keys}e.${numbers}`);
}

/**
 * Writes an archive whose tensors `scales.000000`, ... are 0, 1, ...
 *
 * @param count How many there are, at most 65,534.
 * @returns The file.
 */
export function archiveOfScalars(count: number): Uint8Array {
  const size16 = (value: number) => size32(value).slice(0, 2);
  const files = [["a/data.pkl", scalarsPickle(count)]].concat(
    Array.from({ length: count }, (_, index) => [`a/data/${keyOf(index)}`, numberBytes(index)]),
  );
  const parts: string[] = [];
  const entries: string[] = [];
  let at = 0;
  for (const [name = "", content = ""] of files) {
    const sizes = size32(content.length).repeat(2) + size16(name.length) + size16(0);
    const head = "\0".repeat(14) + sizes;
    const part = `PK\x03\x04${head}${name}${content}`;
    entries.push(
      `PK\x01\x02${"\0".repeat(2)}${head}${"\0".repeat(10)}${size32(at)}${name}`,
    );
    parts.push(part);
    at += part.length;
  }
  const directory = entries.join("");
  const counts = size16(files.length).repeat(2);
  const end = `PK\x05\x06${"\0".repeat(4)}${counts}${size32(directory.length)}${size32(at)}\0\0`;
  return latin1(`${parts.join("")}${directory}${end}`);
}
