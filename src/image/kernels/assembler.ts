// A minimal assembler for WebAssembly: what the kernels need to use the processor's vector instructions, which JavaScript
// cannot. Opcodes are those of the WebAssembly specification 2.0, section 5.4.

/** Instructions in their binary form. An expression leaves one value on the stack, a statement none. */
export type Code = readonly number[];

/** A variable of a function: a parameter or a local. */
export interface Variable {
  readonly get: Code;
  set(value: Code): Code;
}

type ValueType = 'i32' | 'v128';
const VALUE_TYPES: { readonly [T in ValueType]: number } = { i32: 0x7f, v128: 0x7b };

export const int = (value: number): Code => [0x41, ...signed(value)];
export const add = (a: Code, b: Code): Code => [...a, ...b, 0x6a];
export const multiply = (a: Code, b: Code): Code => [...a, ...b, 0x6c];
const lessThan = (a: Code, b: Code): Code => [...a, ...b, 0x49];
/** The 32 bits at an address. */
export const load = (address: Code, offset = 0): Code => [...address, 0x28, ...at(2, offset)];
export const store = (address: Code, value: Code, offset = 0): Code => [...address, ...value, 0x36, ...at(2, offset)];
/** The byte at an address. */
export const loadByte = (address: Code, offset = 0): Code => [...address, 0x2d, ...at(0, offset)];
/** Stores the lowest 8 bits. */
export const storeLowest = (address: Code, value: Code, offset = 0): Code => [
  ...address,
  ...value,
  0x3a,
  ...at(0, offset),
];
/** Stores the lowest 16 bits. */
export const storeHalf = (address: Code, value: Code): Code => [...address, ...value, 0x3b, ...at(0, 0)];

/** The 16 bytes at an address. */
export const loadVector = (address: Code): Code => [...address, ...vector(0x00), ...at(0, 0)];
/** The 32 bits at an address, in all four lanes. */
export const loadSplat = (address: Code, offset = 0): Code => [...address, ...vector(0x09), ...at(2, offset)];
export const storeVector = (address: Code, value: Code): Code => [...address, ...value, ...vector(0x0b), ...at(0, 0)];
/** The 8 bytes at an address as numbers of 16 bits. */
export const loadWords = (address: Code): Code => [...address, ...vector(0x02), ...at(0, 0)];
/** Stores the lower 8 bytes. */
export const storeLowHalf = (address: Code, value: Code): Code => [
  ...address,
  ...value,
  ...vector(0x5b),
  ...at(0, 0),
  0,
];
/** Stores one of eight lanes of 16 bits. */
export const storeHalfLane = (address: Code, value: Code, lane: number): Code => [
  ...address,
  ...value,
  ...vector(0x59),
  ...at(0, 0),
  lane,
];
/** A vector with one of its four lanes of 32 bits replaced by what is at an address. */
export const loadLane = (address: Code, value: Code, lane: number): Code => [
  ...address,
  ...value,
  ...vector(0x56),
  ...at(0, 0),
  lane,
];
/** One of four lanes of 32 bits. */
export const laneOf = (value: Code, lane: number): Code => [...value, ...vector(0x1b), lane];
/** 16 bytes. */
export const constant = (bytes: readonly number[]): Code => [...vector(0x0c), ...bytes];
/** A number in all four lanes. */
export const splat = (value: number): Code => [...int(value), ...vector(0x11)];
/** The bytes of a vector at these places, 16 of them; a place beyond the 16th gives 0. */
export const pick = (value: Code, places: readonly number[]): Code => [...value, ...constant(places), ...vector(0x0e)];
/** {@link pick} by places that are a vector themselves. */
export const pickBy = binary(0x0e);
/** The first or the last 8 bytes of two vectors in turns. */
export const interleave = {
  low: shuffle(Array.from({ length: 16 }, (_, at) => (at >> 1) + 16 * (at & 1))),
  high: shuffle(Array.from({ length: 16 }, (_, at) => 8 + (at >> 1) + 16 * (at & 1))),
};
/** The lower or the higher 8 bytes as 8 numbers of 16 bits; the lower or the higher four of such as numbers of 32 bits. */
export const widenBytes = { low: unary(0x89), high: unary(0x8a) };
export const widenWords = { low: unary(0xa9), high: unary(0xaa) };
/** Four and four 32-bit numbers as eight of 16 bits; eight and eight of these as bytes, cut to 0 ... 255. */
export const narrowToWords = binary(0x85);
export const narrowToBytes = binary(0x66);
export const addWords = binary(0x8e);
export const addLanes = binary(0xae);
export const subtractLanes = binary(0xb1);
export const multiplyLanes = binary(0xb5);
export const shiftLanes = (value: Code, bits: number): Code => [...value, ...int(bits), ...vector(0xac)];

/** Four 32-bit numbers in floating point, and back, without their fractions. */
export const toFloats = unary(0xfa);
export const truncateFloats = unary(0xf8);
export const addFloats = binary(0xe4);
export const multiplyFloats = binary(0xe6);

/** A number of 64-bit floating point in both lanes. */
export const splatDouble = (value: number): Code => [
  0x44,
  ...new Uint8Array(Float64Array.of(value).buffer),
  ...vector(0x14),
];
/** The double at an address, in both lanes. */
export const loadSplatDouble = (address: Code, offset = 0): Code => [...address, ...vector(0x0a), ...at(0, offset)];
export const addDoubles = binary(0xf0);
export const subtractDoubles = binary(0xf1);
export const multiplyDoubles = binary(0xf2);
export const floorDoubles = unary(0x75);
/** Both doubles without their fractions as 32-bit numbers in the lower two lanes. */
export const truncateDoubles = unary(0xfc);
/** All bits of a lane, or none. */
export const doublesBelow = binary(0x49);
export const doublesAtLeast = binary(0x4c);
export const bitsOfBoth = binary(0x4e);
/** The bits of `value` where those of `condition` are set, elsewhere those of `otherwise`. */
export const choose = (condition: Code, value: Code, otherwise: Code): Code => [
  ...value,
  ...otherwise,
  ...condition,
  ...vector(0x52),
];

/** Runs `body` with `variable` from 0 in steps of `step` as long as it is below `end`, which is above 0. */
export function count(variable: Variable, end: Code, step: number, body: readonly Code[]): Code {
  const next = variable.set(add(variable.get, int(step)));
  return [...variable.set(int(0)), ...repeatWhile(lessThan(variable.get, end), [...body, next])];
}

/** Runs `body` once and again as long as `condition`, looked at after it, is not 0. */
function repeatWhile(condition: Code, body: readonly Code[]): Code {
  return [0x03, 0x40, ...body.flat(), ...condition, 0x0d, 0x00, 0x0b];
}

/** A function without a result, whose parameters are 32-bit numbers. */
export interface Procedure<N extends string = string> {
  readonly name: N;
  readonly parameters: number;
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Defines a procedure: its parameters and locals come to `write` as variables, by the names given. */
export function procedure<N extends string, P extends string, L extends string>(
  name: N,
  parameters: readonly P[],
  locals: { readonly [V in L]: ValueType },
  write: (variables: { readonly [V in P | L]: Variable }) => readonly Code[],
): Procedure<N> {
  const names: readonly (P | L)[] = [...parameters, ...(Object.keys(locals) as L[])];
  const variables = Object.fromEntries(names.map((each, index) => [each, variable(index)]));
  return {
    name,
    parameters: parameters.length,
    locals: Object.values<ValueType>(locals),
    body: write(variables as { readonly [V in P | L]: Variable }).flat(),
  };
}

/** A module that exports the procedures and their `memory`, of one page at first. */
export function assemble(procedures: readonly Procedure[]): Uint8Array<ArrayBuffer> {
  const types = procedures.map(({ parameters }) => [0x60, ...list(Array<Code>(parameters).fill([0x7f])), 0x00]);
  const exported = procedures.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  const bodies = procedures.map(({ locals, body }) => {
    const declared = list(locals.map((type) => [0x01, VALUE_TYPES[type]]));
    return sized([...declared, ...body, 0x0b]);
  });
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, list(types)),
    ...section(3, list(procedures.map((_, index) => unsigned(index)))),
    ...section(5, list([[0x00, 0x01]])),
    ...section(7, list([[...text('memory'), 0x02, 0x00], ...exported])),
    ...section(10, list(bodies)),
  ]);
}

function variable(index: number): Variable {
  return { get: [0x20, ...unsigned(index)], set: (value) => [...value, 0x21, ...unsigned(index)] };
}

function vector(opcode: number): Code {
  return [0xfd, ...unsigned(opcode)];
}

function unary(opcode: number): (value: Code) => Code {
  return (value) => [...value, ...vector(opcode)];
}

function binary(opcode: number): (a: Code, b: Code) => Code {
  return (a, b) => [...a, ...b, ...vector(opcode)];
}

function shuffle(places: readonly number[]): (a: Code, b: Code) => Code {
  return (a, b) => [...a, ...b, ...vector(0x0d), ...places];
}

/** Alignment, as a power of 2, and constant offset of an access. */
function at(alignment: number, offset: number): Code {
  return [alignment, ...unsigned(offset)];
}

function section(id: number, content: Code): Code {
  return [id, ...sized(content)];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function sized(content: Code): Code {
  return [...unsigned(content.length), ...content];
}

function text(value: string): Code {
  return sized([...Buffer.from(value)]);
}

/** LEB128. */
function unsigned(value: number): Code {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Code {
  if (value >= -0x40 && value < 0x40) return [value & 0x7f];
  return [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}
