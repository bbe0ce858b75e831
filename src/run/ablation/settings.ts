import { isDeepStrictEqual } from 'node:util';

/** Keys that may differ between the seeds of a study: the seed itself, and the machine. */
const FREE: ReadonlySet<string> = new Set(['seed', 'device', 'data.workers']);

/**
 * The first key in which two configurations differ, such as `search.population`; undefined if they are the same study's.
 */
export function firstDifference(one: object, other: object, prefix = ''): string | undefined {
  const [left, right] = [one, other] as readonly Readonly<Record<string, unknown>>[];
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const path = `${prefix}${key}`;
    if (FREE.has(path) || isDeepStrictEqual(left[key], right[key])) continue;
    if (!isGroup(left[key]) || !isGroup(right[key])) return path;
    const inner = firstDifference(left[key], right[key], `${path}.`);
    if (inner !== undefined) return inner;
  }
  return undefined;
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
