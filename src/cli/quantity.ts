import { UserError } from '../errors.js';
import type { Measure } from '../measure/measure.js';

/**
 * A bound on a measure as people write it: `1.3G`, `64MB`, `20ms`, `1200`. `option` names it in errors. Upper and lower
 * case are the same.
 */
export function parseQuantity(
  text: string,
  option: string,
  { units, example }: Pick<Measure, 'units' | 'example'>,
): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?(?:e\d+)?)\s*([a-z]*)$/i.exec(text.trim()) ?? [];
  const factor = new Map(Object.entries(units)).get((unit ?? '').toLowerCase());
  if (digits === undefined || factor === undefined) {
    const names = Object.keys(units).filter((name) => name !== '');
    throw new UserError(
      `${option} is "${text}"; give a number with or without a unit (${names.join(', ')}), such as ${example}`,
    );
  }
  return Number(digits) * factor;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** A time as people write it, in seconds: `90s`, `20m`, `1.5h`, `1h30m`. `option` names it in errors. */
export function parseDuration(text: string, option: string): number {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)\s*([smh])\s*/gi)];
  const isWhole = parts.length > 0 && parts.map(([part]) => part).join('') === text.trim();
  const seconds = parts.reduce((sum, [, digits, unit]) => sum + Number(digits) * SECONDS[unit.toLowerCase()], 0);
  if (isWhole && seconds > 0) return seconds;
  throw new UserError(`${option} is "${text}"; give a time with s, m or h, such as 90s, 20m or 1h30m`);
}
