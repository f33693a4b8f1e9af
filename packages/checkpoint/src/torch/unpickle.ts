/**
 * A reader of Python pickles that executes nothing: what a pickle would construct becomes an
 * {@link Opaque} unless the caller knows it. Each operation takes a bounded time or pays for what it
 * makes from a {@link Budget}, and no structure is walked by recursion.
 */
import { type Budget, WEIGHT } from "./budget.ts";
import { ByteCursor } from "./byte_cursor.ts";
import { PickleError } from "./pickle_error.ts";

/** A module-level name of Python, such as a class or a function. */
export class PythonName {
  /** With a dot between; put together once, since a call may be repeated and the names be long. */
  readonly path: string;

  /** Names `module.name`. */
  constructor(readonly module: string, readonly name: string) {
    this.path = `${module}.${name}`;
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
/** The one tuple of nothing, as in Python: each number in a tensor of its own has three. */
const EMPTY: readonly unknown[] = Object.freeze([]);

/** The state of a reading. */
class Machine {
  readonly stack: unknown[] = [];
  /** What is remembered, by index; undefined for what is not. */
  readonly memo: unknown[] = [];
  readonly cursor: ByteCursor;
  #highest = 0;

  constructor(bytes: Uint8Array, readonly hooks: PickleHooks, readonly budget: Budget) {
    this.cursor = new ByteCursor(bytes, budget);
  }

  push(value: unknown): void {
    if (this.stack.length === this.#highest) {
      this.budget.take(WEIGHT.slot);
      this.#highest++;
    }
    this.stack.push(value);
  }

  /** Pushes something that a budget pays for before it is made. */
  make(weight: number, maker: () => unknown): void {
    this.budget.take(weight);
    this.push(maker());
  }

  pop(): unknown {
    if (this.stack.length === 0) throw new PickleError("its stack runs empty");
    return this.stack.pop();
  }

  top(): unknown {
    if (this.stack.length === 0) throw new PickleError("its stack runs empty");
    return this.stack.at(-1);
  }

  /** The top of the stack as a tuple. */
  popTuple(count: number): readonly unknown[] {
    if (count === 0) return EMPTY;
    if (this.stack.length < count) throw new PickleError("its stack runs empty");
    this.budget.take(WEIGHT.tuple + WEIGHT.field * count);
    return Object.freeze(this.stack.splice(this.stack.length - count));
  }

  /** What was pushed since the last mark. */
  popMark(): readonly unknown[] {
    const at = this.stack.lastIndexOf(MARK);
    if (at < 0) throw new PickleError("a mark is missing");
    const items = this.popTuple(this.stack.length - at - 1);
    this.stack.pop();
    return items;
  }

  makeList(items: readonly unknown[]): void {
    this.make(WEIGHT.list + WEIGHT.slot * items.length, () => [...items]);
  }

  /** Pickles number what they remember one by one, so no index exceeds the bytes before it. */
  remember(index: number): void {
    if (!Number.isSafeInteger(index) || index < 0 || index > this.cursor.at) {
      throw new PickleError(`it remembers something as ${index}`);
    }
    while (this.memo.length <= index) {
      this.budget.take(WEIGHT.slot);
      this.memo.push(undefined);
    }
    this.memo[index] = this.top();
  }

  recall(index: number): void {
    const value = this.memo[index];
    if (value === undefined) throw new PickleError(`nothing is remembered as ${index}`);
    this.push(value);
  }

  call(callee: unknown, args: unknown): void {
    const list = Array.isArray(args) ? args : [];
    const known = callee instanceof PythonName ? this.hooks.call(callee.path, list) : undefined;
    if (known !== undefined) this.push(known);
    else this.make(WEIGHT.object, () => new Opaque(callee, args));
  }

  append(target: unknown, items: readonly unknown[]): void {
    if (target instanceof Opaque) return;
    if (!Array.isArray(target) || Object.isFrozen(target)) {
      throw new PickleError("it appends to something else");
    }
    this.budget.take(WEIGHT.slot * items.length);
    for (const item of items) target.push(item);
  }

  setItems(target: unknown, items: readonly unknown[]): void {
    if (items.length % 2 !== 0) throw new PickleError("a key has no value");
    if (target instanceof Opaque) return;
    if (!(target instanceof Map)) throw new PickleError("it sets items of something else");
    for (let i = 0; i < items.length; i += 2) {
      setText(target, items[i], items[i + 1], this.budget);
    }
  }

  name(module: unknown, attribute: unknown): PythonName {
    if (typeof module !== "string" || typeof attribute !== "string") {
      throw new PickleError("a name is no text");
    }
    this.budget.take(WEIGHT.object + WEIGHT.text + 2 * (module.length + attribute.length));
    return new PythonName(module, attribute);
  }
}

/**
 * Sets an entry of a dictionary if its key is a text. Others say nothing about weights, and numbers
 * can be chosen so that the table finds them all in one place: 40,000 took 13 seconds.
 */
export function setText(
  target: Map<unknown, unknown>,
  key: unknown,
  value: unknown,
  budget: Budget,
): void {
  budget.take(WEIGHT.entry);
  if (typeof key === "string") target.set(key, value);
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
  0x28: (m) => m.push(MARK),
  0x30: (m) => void m.pop(),
  0x31: (m) => void m.popMark(),
  0x32: (m) => m.push(m.top()),
  0x46: (m) => m.make(WEIGHT.number, () => Number(m.cursor.line())), // FLOAT
  0x47: (m) => m.make(WEIGHT.number, () => m.cursor.f64be()), // BINFLOAT
  0x49: (m) => m.push(parsed(m.cursor.line())), // INT
  0x4a: (m) => m.make(WEIGHT.number, () => m.cursor.i32()),
  0x4b: (m) => m.push(m.cursor.u8()),
  0x4d: (m) => m.push(m.cursor.u16()),
  0x4c: (m) => m.push(parsed(m.cursor.line())), // LONG
  0x8a: (m) => m.push(m.cursor.long(m.cursor.u8())),
  0x8b: (m) => m.push(m.cursor.long(m.cursor.size32())),
  0x4e: (m) => m.push(null),
  0x88: (m) => m.push(true),
  0x89: (m) => m.push(false),
  0x53: (m) => m.push(m.cursor.quoted()), // STRING
  0x54: (m) => m.push(m.cursor.latin1(m.cursor.size32())),
  0x55: (m) => m.push(m.cursor.latin1(m.cursor.u8())),
  0x56: (m) => m.push(m.cursor.line()), // UNICODE
  0x58: (m) => m.push(m.cursor.utf8(m.cursor.size32())),
  0x8c: (m) => m.push(m.cursor.utf8(m.cursor.u8())),
  0x8d: (m) => m.push(m.cursor.utf8(m.cursor.size64())),
  0x42: (m) => m.push(m.cursor.bytes(m.cursor.size32())),
  0x43: (m) => m.push(m.cursor.bytes(m.cursor.u8())),
  0x8e: (m) => m.push(m.cursor.bytes(m.cursor.size64())),
  0x96: (m) => m.push(m.cursor.bytes(m.cursor.size64())),
  0x5d: (m) => m.makeList([]),
  0x29: (m) => m.push(m.popTuple(0)),
  0x7d: (m) => m.make(WEIGHT.dictionary, () => new Map()),
  0x8f: (m) => m.makeList([]),
  0x6c: (m) => m.makeList(m.popMark()), // LIST
  0x74: (m) => m.push(m.popMark()), // TUPLE
  0x64: (m) => { // DICT
    const items = m.popMark();
    m.make(WEIGHT.dictionary, () => new Map());
    m.setItems(m.top(), items);
  },
  0x91: (m) => m.push(m.popMark()), // FROZENSET
  0x85: (m) => m.push(m.popTuple(1)),
  0x86: (m) => m.push(m.popTuple(2)),
  0x87: (m) => m.push(m.popTuple(3)),
  0x61: (m) => { // APPEND
    const item = m.pop();
    m.append(m.top(), [item]);
  },
  0x65: (m) => { // APPENDS
    const items = m.popMark();
    m.append(m.top(), items);
  },
  0x90: (m) => { // ADDITEMS
    const items = m.popMark();
    m.append(m.top(), items);
  },
  0x73: (m) => { // SETITEM
    const value = m.pop();
    const key = m.pop();
    m.setItems(m.top(), [key, value]);
  },
  0x75: (m) => { // SETITEMS
    const items = m.popMark();
    m.setItems(m.top(), items);
  },
  0x67: (m) => m.recall(Number(m.cursor.line())),
  0x68: (m) => m.recall(m.cursor.u8()),
  0x6a: (m) => m.recall(m.cursor.size32()),
  0x70: (m) => m.remember(Number(m.cursor.line())),
  0x71: (m) => m.remember(m.cursor.u8()),
  0x72: (m) => m.remember(m.cursor.size32()),
  0x94: (m) => m.remember(m.memo.length),
  0x63: (m) => m.push(m.name(m.cursor.line(), m.cursor.line())), // GLOBAL
  0x93: (m) => { // STACK_GLOBAL
    const attribute = m.pop();
    m.push(m.name(m.pop(), attribute));
  },
  0x50: (m) => m.push(m.hooks.persistent(m.cursor.line())),
  0x51: (m) => m.push(m.hooks.persistent(m.pop())),
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
    const callee = m.name(m.cursor.line(), m.cursor.line());
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
 * @param budget Pays for what is made.
 * @returns The value: null, booleans, numbers, bigints, strings, byte arrays, lists, tuples and sets
 * as arrays, dictionaries as maps of those entries whose keys are texts, and {@link Opaque}.
 * @throws {PickleError} If the bytes are damaged, use something unknown or exceed the budget.
 */
export function unpickle(bytes: Uint8Array, hooks: PickleHooks, budget: Budget): Unpickled {
  const machine = new Machine(bytes, hooks, budget);
  while (true) {
    const code = machine.cursor.u8();
    if (code === STOP) return { value: machine.pop(), end: machine.cursor.at };
    const operation = OPERATIONS[code];
    if (!operation) throw new PickleError(`it uses the unknown operation 0x${code.toString(16)}`);
    operation(machine);
  }
}
