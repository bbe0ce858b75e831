/** How measures are written. This file imports nothing, so that a page in a browser writes them alike. */

/** A unit to write values in, and its size: `MB` is 1e6. The name of a plain count is ''. */
export interface Unit {
  readonly name: string;
  readonly size: number;
}

/** A count with four significant digits: `1.473 G`, `80.07 M`, `768`. */
export function formatCount(count: number): string {
  const { name, size } = countUnit(count);
  return name === '' ? String(count) : `${(count / size).toPrecision(4)} ${name}`;
}

/** `2.421 MB`, `768 B`. */
export function formatBytes(bytes: number): string {
  const count = formatCount(bytes);
  return `${count}${count.includes(' ') ? '' : ' '}B`;
}

/** `0.3412 ms`, `12.34 ms`, `1.500 s`. */
export function formatMilliseconds(milliseconds: number): string {
  const { name, size } = timeUnit(milliseconds);
  const value = milliseconds / size;
  return `${size === 1 ? value.toPrecision(4) : value.toFixed(3)} ${name}`;
}

const PREFIXES: readonly Unit[] = [
  { name: 'G', size: 1e9 },
  { name: 'M', size: 1e6 },
  { name: 'k', size: 1e3 },
];

/** The largest prefix that a count, rounded to four digits, reaches. */
export function countUnit(count: number): Unit {
  return PREFIXES.find(({ size }) => count >= 0.99995 * size) ?? { name: '', size: 1 };
}

/** The unit of an axis of bytes whose largest value this is. */
export function byteUnit(bytes: number): Unit {
  const { name, size } = countUnit(bytes);
  return { name: `${name}B`, size };
}

/** The unit of an axis of milliseconds whose largest value this is. */
export function timeUnit(milliseconds: number): Unit {
  return milliseconds < 999.95 ? { name: 'ms', size: 1 } : { name: 's', size: 1000 };
}
