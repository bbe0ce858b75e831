import {
  byteUnit,
  countUnit,
  formatBytes,
  formatCount,
  formatMilliseconds,
  timeUnit,
  type Unit,
} from '../../measure/format.js';
import type { RunStatus } from '../digest/digest.js';

/** A share as a percentage: `87.45 %`. */
export function percent(share: number): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(2)} %` : '–';
}

/** A number for people: four significant digits. */
export function short(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–';
  return String(Number(value.toPrecision(4)));
}

/** Text from a journal with what cannot be seen made visible: control characters, and marks that turn its direction. */
export function visible(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '�');
}

/** A time of day or a date, in the reader's own way. */
export function clockTime(iso: string): string {
  const date = new Date(iso);
  return Number.isNaN(date.getTime()) ? '–' : date.toLocaleString();
}

export const STATUS: Readonly<Record<RunStatus, string>> = {
  running: 'running',
  finished: 'finished',
  interrupted: 'interrupted',
  failed: 'failed',
};

/** How a measure is called and written. */
export interface MeasureWords {
  readonly title: string;
  readonly format: (value: number) => string;
  readonly unitOf: (largest: number) => Unit;
}

const MEASURES: Readonly<Record<string, MeasureWords>> = {
  macs: { title: 'MACs', format: formatCount, unitOf: countUnit },
  parameters: { title: 'parameters', format: formatCount, unitOf: countUnit },
  latency: { title: 'latency', format: formatMilliseconds, unitOf: timeUnit },
  memory: { title: 'peak memory', format: formatBytes, unitOf: byteUnit },
};

/** The words for a measure, by its key; a measure of a newer version goes by its key. */
export function measureWords(key: string): MeasureWords {
  return MEASURES[key] ?? { title: visible(key), format: short, unitOf: countUnit };
}

const FIELDS: Readonly<Record<string, string>> = {
  globalHeads: 'global heads',
  localHeads: 'local heads',
  kernel: 'kernel',
  expansion: 'expansion',
  dkRatio: 'd_k ratio',
  ffnRatio: 'FFN ratio',
};

/** The name of a block's field. */
export function fieldTitle(field: string): string {
  return FIELDS[field] ?? visible(field);
}

/** A block's value of a field; blocks need not have it. */
export function fieldValue(value: number | undefined): string {
  return value === undefined ? 'none' : String(value);
}

/** A block in a few letters, as in the tables of glit: `G1L2 k31 e4 d1 f6`. */
export function describeBlock(block: Readonly<Record<string, number | undefined>>): string {
  const { globalHeads = 0, localHeads = 0, kernel, expansion, dkRatio, ffnRatio } = block;
  const split = `${globalHeads > 0 ? `G${globalHeads}` : ''}${localHeads > 0 ? `L${localHeads}` : ''}`;
  const parts = { k: kernel, e: expansion, d: dkRatio, f: ffnRatio };
  const rest = Object.entries(parts).flatMap(([letter, value]) => (value === undefined ? [] : [`${letter}${value}`]));
  return [split, ...rest].join(' ');
}
