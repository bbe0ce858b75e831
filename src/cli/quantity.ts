import { UserError } from '../errors.js';

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9 };

/** A count as people write it: `1.3G`, `5M`, `300k`, `1200`. `option` names it in errors. */
export function parseQuantity(text: string, option: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?(?:e\d+)?)\s*([kmg]?)$/i.exec(text.trim()) ?? [];
  if (digits === undefined) {
    throw new UserError(`${option} is "${text}"; give a number with or without k, M or G, such as 300k, 20M or 1.3G`);
  }
  return Number(digits) * FACTORS[unit.toLowerCase()];
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
