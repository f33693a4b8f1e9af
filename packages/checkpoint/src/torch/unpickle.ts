/**
 * A reader of Python pickles that executes nothing: what a pickle would construct becomes an
 * {@link Opaque} unless the caller knows it. Work and memory are bounded by the length of the bytes,
 * and no structure is walked by recursion.
 */
import { ByteCursor, PickleError } from "./byte_cursor.ts";

/** A module-level name of Python, such as a class or a function. */
export class PythonName {
  /** Names `module.name`. */
  constructor(readonly module: string, readonly name: string) {}

  /** With a dot between. */
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** What a call of something unknown would have made; never executed. */
export class Opaque {
  /** What `BUILD` would have set. */
  state: unknown;

  /** Remembers the call. */
  constructor(readonly callee: unknown, readonly args: unknown) {}
}

/** What the caller knows. */
export interface PickleHooks {
  /** Resolves a persistent id. */
  persistent(id: unknown): unknown;
  /** Calls something that is known; undefined makes an {@link Opaque}. */
  call(path: string, args: readonly unknown[]): unknown;
}

/** A value and where its pickle ends. */
export interface Unpickled {
  readonly value: unknown;
  readonly end: number;
}

const MARK = Symbol("mark");
/** Entries of the memo; an index beyond the bytes' length cannot be meant seriously. */
type Memo = Map<number, unknown>;

/** The state of a reading. */
class Machine {
  readonly stack: unknown[] = [];
  readonly memo: Memo = new Map();

  constructor(readonly cursor: ByteCursor, readonly hooks: PickleHooks) {}

  pop(): unknown {
    if (this.stack.length === 0) throw new PickleError("its stack runs empty");
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) throw new PickleError("its stack runs empty");
    return this.stack.at(-1);
  }

  /** What was pushed since the last mark. */
  popMark(): unknown[] {
    const at = this.stack.lastIndexOf(MARK);
    if (at < 0) throw new PickleError("a mark is missing");
    const items = this.stack.splice(at);
    items.shift();
    return items;
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    if (!this.memo.has(index)) throw new PickleError(`nothing is remembered as ${index}`);
    this.stack.push(this.memo.get(index));
  }

  call(callee: unknown, args: unknown): void {
    const list = Array.isArray(args) ? args : [];
    const known = callee instanceof PythonName ? this.hooks.call(callee.path, list) : undefined;
    this.stack.push(known === undefined ? new Opaque(callee, args) : known);
  }
}

function append(target: unknown, items: readonly unknown[]): void {
  if (Array.isArray(target)) { for (const item of items) target.push(item); }
  else if (target instanceof Set) { for (const item of items) target.add(item); }
  else if (!(target instanceof Opaque)) throw new PickleError("it appends to something else");
}

function setItems(target: unknown, items: readonly unknown[]): void {
  if (items.length % 2 !== 0) throw new PickleError("a key has no value");
  if (target instanceof Opaque) return;
  if (!(target instanceof Map)) throw new PickleError("it sets items of something else");
  for (let i = 0; i < items.length; i += 2) target.set(items[i], items[i + 1]);
}

function pairs(items: readonly unknown[]): Map<unknown, unknown> {
  const map = new Map<unknown, unknown>();
  setItems(map, items);
  return map;
}

function name(module: unknown, attribute: unknown): PythonName {
  if (typeof module === "string" && typeof attribute === "string") {
    return new PythonName(module, attribute);
  }
  throw new PickleError("a name is no text");
}

/** Numbers of the text protocol; what is no number is an error. */
function parsed(text: string): number | bigint | boolean {
  if (text === "00" || text === "01") return text === "01";
  const digits = text.endsWith("L") ? text.slice(0, -1) : text;
  if (!/^[+-]?\d{1,4000}$/.test(digits)) throw new PickleError(`${text.slice(0, 40)} is no number`);
  const value = Number(digits);
  return Number.isSafeInteger(value) ? value : BigInt(digits);
}

/** What each opcode does. */
const OPERATIONS: Readonly<Record<number, (machine: Machine) => void>> = {
  0x80: (m) => void m.cursor.u8(), // PROTO
  0x95: (m) => void m.cursor.size64(), // FRAME
  0x28: (m) => void m.stack.push(MARK),
  0x30: (m) => void m.pop(),
  0x31: (m) => void m.popMark(),
  0x32: (m) => void m.stack.push(m.top()),
  0x46: (m) => void m.stack.push(Number(m.cursor.line())), // FLOAT
  0x47: (m) => void m.stack.push(m.cursor.f64be()), // BINFLOAT
  0x49: (m) => void m.stack.push(parsed(m.cursor.line())), // INT
  0x4a: (m) => void m.stack.push(m.cursor.i32()),
  0x4b: (m) => void m.stack.push(m.cursor.u8()),
  0x4d: (m) => void m.stack.push(m.cursor.u16()),
  0x4c: (m) => void m.stack.push(parsed(m.cursor.line())), // LONG
  0x8a: (m) => void m.stack.push(m.cursor.long(m.cursor.u8())),
  0x8b: (m) => void m.stack.push(m.cursor.long(m.cursor.size32())),
  0x4e: (m) => void m.stack.push(null),
  0x88: (m) => void m.stack.push(true),
  0x89: (m) => void m.stack.push(false),
  0x53: (m) => void m.stack.push(m.cursor.quoted()), // STRING
  0x54: (m) => void m.stack.push(m.cursor.latin1(m.cursor.size32())),
  0x55: (m) => void m.stack.push(m.cursor.latin1(m.cursor.u8())),
  0x56: (m) => void m.stack.push(m.cursor.line()), // UNICODE
  0x58: (m) => void m.stack.push(m.cursor.utf8(m.cursor.size32())),
  0x8c: (m) => void m.stack.push(m.cursor.utf8(m.cursor.u8())),
  0x8d: (m) => void m.stack.push(m.cursor.utf8(m.cursor.size64())),
  0x42: (m) => void m.stack.push(m.cursor.bytes(m.cursor.size32())),
  0x43: (m) => void m.stack.push(m.cursor.bytes(m.cursor.u8())),
  0x8e: (m) => void m.stack.push(m.cursor.bytes(m.cursor.size64())),
  0x96: (m) => void m.stack.push(m.cursor.bytes(m.cursor.size64())),
  0x5d: (m) => void m.stack.push([]),
  0x29: (m) => void m.stack.push([]),
  0x7d: (m) => void m.stack.push(new Map()),
  0x8f: (m) => void m.stack.push(new Set()),
  0x6c: (m) => void m.stack.push(m.popMark()), // LIST
  0x74: (m) => void m.stack.push(m.popMark()), // TUPLE
  0x64: (m) => void m.stack.push(pairs(m.popMark())), // DICT
  0x91: (m) => void m.stack.push(new Set(m.popMark())), // FROZENSET
  0x85: (m) => void m.stack.push([m.pop()]),
  0x86: (m) => void m.stack.push([m.pop(), m.pop()].reverse()),
  0x87: (m) => void m.stack.push([m.pop(), m.pop(), m.pop()].reverse()),
  0x61: (m) => { // APPEND
    const item = m.pop();
    append(m.top(), [item]);
  },
  0x65: (m) => { // APPENDS
    const items = m.popMark();
    append(m.top(), items);
  },
  0x90: (m) => { // ADDITEMS
    const items = m.popMark();
    append(m.top(), items);
  },
  0x73: (m) => { // SETITEM
    const value = m.pop();
    const key = m.pop();
    setItems(m.top(), [key, value]);
  },
  0x75: (m) => { // SETITEMS
    const items = m.popMark();
    setItems(m.top(), items);
  },
  0x67: (m) => m.recall(Number(m.cursor.line())),
  0x68: (m) => m.recall(m.cursor.u8()),
  0x6a: (m) => m.recall(m.cursor.size32()),
  0x70: (m) => m.remember(Number(m.cursor.line())),
  0x71: (m) => m.remember(m.cursor.u8()),
  0x72: (m) => m.remember(m.cursor.size32()),
  0x94: (m) => m.remember(m.memo.size),
  0x63: (m) => void m.stack.push(name(m.cursor.line(), m.cursor.line())), // GLOBAL
  0x93: (m) => { // STACK_GLOBAL
    const attribute = m.pop();
    m.stack.push(name(m.pop(), attribute));
  },
  0x50: (m) => void m.stack.push(m.hooks.persistent(m.cursor.line())),
  0x51: (m) => void m.stack.push(m.hooks.persistent(m.pop())),
  0x52: (m) => { // REDUCE
    const args = m.pop();
    m.call(m.pop(), args);
  },
  0x81: (m) => { // NEWOBJ
    const args = m.pop();
    m.call(m.pop(), args);
  },
  0x92: (m) => { // NEWOBJ_EX
    m.pop();
    const args = m.pop();
    m.call(m.pop(), args);
  },
  0x69: (m) => { // INST
    const callee = name(m.cursor.line(), m.cursor.line());
    m.call(callee, m.popMark());
  },
  0x6f: (m) => { // OBJ
    const [callee, ...args] = m.popMark();
    m.call(callee, args);
  },
  0x62: (m) => { // BUILD
    const state = m.pop();
    const target = m.top();
    if (target instanceof Opaque) target.state = state;
  },
};

const STOP = 0x2e;

/**
 * Reads one pickle.
 *
 * @param bytes The pickle, and perhaps more behind it.
 * @param hooks What the caller knows.
 * @returns The value: null, booleans, numbers, bigints, strings, byte arrays, lists and tuples as
 * arrays, dictionaries as maps, sets, and {@link Opaque}.
 * @throws {PickleError} If the bytes are damaged or use something unknown.
 */
export function unpickle(bytes: Uint8Array, hooks: PickleHooks): Unpickled {
  const machine = new Machine(new ByteCursor(bytes), hooks);
  while (true) {
    const code = machine.cursor.u8();
    if (code === STOP) return { value: machine.pop(), end: machine.cursor.at };
    const operation = OPERATIONS[code];
    if (!operation) throw new PickleError(`it uses the unknown operation 0x${code.toString(16)}`);
    operation(machine);
  }
}
