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
