/**
 * An interpreter for the part of Python's pickle format that checkpoints use. A pickle is a program for a stack
 * machine. The instructions here build plain data; the one that calls something can only call what `find` returns.
 */
import { show } from '../../errors.js';
import type { ByteStream } from './byteStream.js';
import { Malformed } from '../malformed.js';
import { Known, Namespace, NumpyType, TensorView, type Pickled } from './values.js';

export interface Environment {
  /** Resolves a global name. Throws for every name that checkpoints do not need. */
  readonly find: (module: string, name: string) => Pickled;
  /** Resolves a persistent id: in checkpoints, a storage. */
  readonly persistent: (id: Pickled) => Pickled;
}

/** A checkpoint of a thousand tensors takes some 50,000 instructions. Beyond this limit, memory would run out. */
const MOST_INSTRUCTIONS = 5_000_000;
/** The limit for lists, dictionaries and tuples, which take most of the memory. */
const MOST_CONTAINERS = 1_000_000;
/** No setting or counter is an integer of more bytes than this. */
const LONGEST_INTEGER = 128;
/** The limit for all texts and bytes together; the names of a thousand tensors take some 50,000. */
const MOST_TEXT_BYTES = 2 ** 26;

/** A valid Python name, with its modules. */
const IDENTIFIER = /^[\p{L}\p{N}_]+(\.[\p{L}\p{N}_<>]+)*$/u;

/** Runs the pickle at the stream's position and leaves the stream after it. Throws Malformed. */
export function unpickle(stream: ByteStream, environment: Environment): Pickled {
  return new Unpickler(stream, environment).run();
}

class Unpickler {
  stack: Pickled[] = [];
  readonly memo = new Map<number, Pickled>();
  /** Stacks saved by a mark. */
  readonly #below: Pickled[][] = [];
  #containers = 0;
  #textBytes = 0;

  constructor(
    readonly stream: ByteStream,
    readonly environment: Environment,
  ) {}

  run(): Pickled {
    for (let count = 0; count < MOST_INSTRUCTIONS; count++) {
      const code = this.stream.byte();
      if (code === STOP) return this.pop();
      const instruction = INSTRUCTIONS[code];
      if (instruction === undefined) {
        const hex = code.toString(16).padStart(2, '0');
        throw new Malformed(`it has the pickle instruction 0x${hex}, which no checkpoint needs, or it is not a pickle`);
      }
      instruction(this);
    }
    throw new Malformed(`its pickle has more than ${MOST_INSTRUCTIONS} instructions`);
  }

  push(value: Pickled): void {
    this.stack.push(value);
  }

  pop(): Pickled {
    const value = this.stack.pop();
    if (value === undefined) throw new Malformed('its pickle pops more values than it has pushed');
    return value;
  }

  top(): Pickled {
    const value = this.stack.at(-1);
    if (value === undefined) throw new Malformed('its pickle pops more values than it has pushed');
    return value;
  }

  mark(): void {
    this.container();
    this.#below.push(this.stack);
    this.stack = [];
  }

  /** Pops the values above the last mark, and the mark. */
  popMark(): Pickled[] {
    const values = this.stack;
    const below = this.#below.pop();
    if (below === undefined) throw new Malformed('its pickle pops a mark that it has not set');
    this.stack = below;
    return values;
  }

  popText(): string {
    const value = this.pop();
    if (typeof value !== 'string') throw new Malformed('its pickle names something by a value that is not text');
    return value;
  }

  popList(): Pickled[] {
    return asArray(this.pop(), 'arguments');
  }

  /** Counts memory before it is allocated. */
  container(size = 1): void {
    this.#containers += size;
    if (this.#containers > MOST_CONTAINERS) {
      throw new Malformed(`its pickle makes more than ${MOST_CONTAINERS} lists and dictionaries`);
    }
  }

  remember(index: number): void {
    this.memo.set(index, this.top());
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) throw new Malformed('its pickle recalls a value that it has not stored');
    this.push(value);
  }

  text(length: number): void {
    this.push(decode(this.#take(length)));
  }

  bytes(length: number): void {
    this.push(this.#take(length).slice());
  }

  /** Bytes that stay in memory. */
  #take(length: number): Uint8Array {
    this.#textBytes += length;
    if (this.#textBytes > MOST_TEXT_BYTES) {
      throw new Malformed(`its pickle has more than ${MOST_TEXT_BYTES} bytes of text`);
    }
    return this.stream.take(length);
  }

  integer(length: number): void {
    if (length > LONGEST_INTEGER) throw new Malformed(`its pickle has an integer of ${length} bytes`);
    this.push(toInteger(this.stream.take(length)));
  }

  global(module: string, name: string): void {
    if (!IDENTIFIER.test(module) || !IDENTIFIER.test(name)) {
      throw new Malformed(`it names ${show(`${module}.${name}`)}, which is not a Python name: it is not a pickle`);
    }
    this.push(this.environment.find(module, name));
  }

  call(callable: Pickled, args: readonly Pickled[]): void {
    if (!(callable instanceof Known)) throw new Malformed('its pickle calls something other than a function or class');
    // A call may copy its arguments, and the memo can supply the same arguments again and again.
    this.container(args.reduce<number>((size, each) => size + (Array.isArray(each) ? each.length : 0), 1));
    this.push(callable.make(args));
  }

  append(values: readonly Pickled[]): void {
    const list = asArray(this.top(), 'an element');
    for (const value of values) list.push(value);
  }

  setItems(pairs: readonly Pickled[]): void {
    const target = this.top();
    if (!(target instanceof Map)) throw new Malformed('its pickle adds an entry to something other than a dictionary');
    addPairs(target, pairs);
  }

  /** Attributes of a dictionary or a tensor are dropped: glit does not read them. */
  build(): void {
    const state = this.pop();
    const target = this.top();
    if (target instanceof Namespace && state instanceof Map) {
      for (const [key, value] of state) target.fields.set(key, value);
    } else if (target instanceof NumpyType && Array.isArray(state)) {
      if (state[1] === '>') throw new Malformed('its pickle has a big-endian NumPy scalar');
    } else if (!((target instanceof Map || target instanceof TensorView) && state instanceof Map)) {
      throw new Malformed('its pickle sets attributes of a value that has none');
    }
  }
}

type Instruction = (machine: Unpickler) => void;

const STOP = 0x2e;

/** The instructions by opcode, with their names in Python's pickletools. */
const INSTRUCTIONS: Readonly<Record<number, Instruction>> = {
  // Framing; a stream of known length can ignore it.
  0x80: ({ stream }) => void stream.take(1), // PROTO
  0x95: ({ stream }) => void stream.take(8), // FRAME
  // Constants.
  0x4e: (machine) => machine.push(null), // NONE
  0x88: (machine) => machine.push(true), // NEWTRUE
  0x89: (machine) => machine.push(false), // NEWFALSE
  0x4b: (machine) => machine.push(machine.stream.byte()), // BININT1
  0x4d: (machine) => machine.push(machine.stream.unsigned(2)), // BININT2
  0x4a: (machine) => machine.push(machine.stream.unsigned(4) | 0), // BININT
  0x8a: (machine) => machine.integer(machine.stream.byte()), // LONG1
  0x8b: (machine) => machine.integer(machine.stream.unsigned(4)), // LONG4
  0x47: (machine) => machine.push(toDouble(machine.stream.take(8))), // BINFLOAT
  0x8c: (machine) => machine.text(machine.stream.byte()), // SHORT_BINUNICODE
  0x58: (machine) => machine.text(machine.stream.unsigned(4)), // BINUNICODE
  0x8d: (machine) => machine.text(machine.stream.unsigned(8)), // BINUNICODE8
  0x55: (machine) => machine.text(machine.stream.byte()), // SHORT_BINSTRING, of Python 2
  0x54: (machine) => machine.text(machine.stream.unsigned(4)), // BINSTRING, of Python 2
  0x43: (machine) => machine.bytes(machine.stream.byte()), // SHORT_BINBYTES
  0x42: (machine) => machine.bytes(machine.stream.unsigned(4)), // BINBYTES
  0x8e: (machine) => machine.bytes(machine.stream.unsigned(8)), // BINBYTES8
  0x96: (machine) => machine.bytes(machine.stream.unsigned(8)), // BYTEARRAY8
  // Containers.
  0x28: (machine) => machine.mark(), // MARK
  0x5d: (machine) => made(machine, []), // EMPTY_LIST
  0x29: (machine) => made(machine, []), // EMPTY_TUPLE
  0x7d: (machine) => made(machine, new Map()), // EMPTY_DICT
  0x8f: (machine) => made(machine, new Set()), // EMPTY_SET
  0x6c: (machine) => made(machine, machine.popMark()), // LIST
  0x74: (machine) => made(machine, machine.popMark()), // TUPLE
  0x64: (machine) => made(machine, addPairs(new Map(), machine.popMark())), // DICT
  0x91: (machine) => made(machine, new Set(machine.popMark())), // FROZENSET
  0x85: (machine) => made(machine, [machine.pop()]), // TUPLE1
  0x86: (machine) => made(machine, [machine.pop(), machine.pop()].reverse()), // TUPLE2
  0x87: (machine) => made(machine, [machine.pop(), machine.pop(), machine.pop()].reverse()), // TUPLE3
  0x61: (machine) => machine.append([machine.pop()]), // APPEND
  0x65: (machine) => machine.append(machine.popMark()), // APPENDS
  0x73: (machine) => machine.setItems([machine.pop(), machine.pop()].reverse()), // SETITEM
  0x75: (machine) => machine.setItems(machine.popMark()), // SETITEMS
  0x90: addItems, // ADDITEMS
  // The stack and the memo.
  0x30: (machine) => void machine.pop(), // POP
  0x31: (machine) => void machine.popMark(), // POP_MARK
  0x32: (machine) => machine.push(machine.top()), // DUP
  0x71: (machine) => machine.remember(machine.stream.byte()), // BINPUT
  0x72: (machine) => machine.remember(machine.stream.unsigned(4)), // LONG_BINPUT
  0x94: (machine) => machine.remember(machine.memo.size), // MEMOIZE
  0x68: (machine) => machine.recall(machine.stream.byte()), // BINGET
  0x6a: (machine) => machine.recall(machine.stream.unsigned(4)), // LONG_BINGET
  // Globals, and calls to them.
  0x63: (machine) => machine.global(decode(machine.stream.line()), decode(machine.stream.line())), // GLOBAL
  0x69: refuseInstance, // INST
  0x93: stackGlobal, // STACK_GLOBAL
  0x52: reduce, // REDUCE
  0x81: reduce, // NEWOBJ
  0x62: (machine) => machine.build(), // BUILD
  0x51: (machine) => machine.push(machine.environment.persistent(machine.pop())), // BINPERSID
};

function made(machine: Unpickler, value: Pickled): void {
  machine.container();
  machine.push(value);
}

function addItems(machine: Unpickler): void {
  const values = machine.popMark();
  const target = machine.top();
  if (!(target instanceof Set)) throw new Malformed('its pickle adds members to something other than a set');
  for (const value of values) target.add(value);
}

/** The oldest way to make an object. Checkpoints have never used it, so only the name matters, for the error. */
function refuseInstance(machine: Unpickler): void {
  const [module, name] = [decode(machine.stream.line()), decode(machine.stream.line())];
  machine.global(module, name);
  throw new Malformed(`its pickle makes a ${show(`${module}.${name}`)} with an instruction that no checkpoint needs`);
}

function stackGlobal(machine: Unpickler): void {
  const name = machine.popText();
  machine.global(machine.popText(), name);
}

function reduce(machine: Unpickler): void {
  const args = machine.popList();
  machine.call(machine.pop(), args);
}

/** Adds alternating keys and values to a dictionary. */
export function addPairs(target: Map<Pickled, Pickled>, pairs: readonly Pickled[]): Map<Pickled, Pickled> {
  if (pairs.length % 2 !== 0) throw new Malformed('its pickle has a key without a value');
  for (let at = 0; at < pairs.length; at += 2) target.set(pairs[at], pairs[at + 1]);
  return target;
}

function asArray(value: Pickled, what: string): Pickled[] {
  if (!Array.isArray(value)) throw new Malformed(`its pickle takes ${what} where there is no list`);
  return value;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Malformed(`its pickle has a text that is not UTF-8: ${show(new TextDecoder('latin1').decode(bytes))}`);
  }
}

function toDouble(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0, false);
}

/** Little-endian two's complement of any length. */
function toInteger(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) value = (value << 8n) | BigInt(bytes[at]);
  const signed = BigInt.asIntN(8 * bytes.length, value);
  return signed >= Number.MIN_SAFE_INTEGER && signed <= Number.MAX_SAFE_INTEGER ? Number(signed) : signed;
}
