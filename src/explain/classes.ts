import { closest } from 'fastest-levenshtein';
import { showName, UserError } from '../errors.js';

/** The longest unknown name that gets a "did you mean". */
const LONGEST_COMPARED = 60;

/**
 * The index of a class from its name or, if no class has that name, its number. Throws a UserError if there is none.
 */
export function classNumber(wanted: string, classes: readonly string[], model: string): number {
  const named = classes.indexOf(wanted);
  if (named >= 0) return named;
  if (/^\d+$/.test(wanted) && Number(wanted) < classes.length) return Number(wanted);
  const near = closest(wanted.slice(0, LONGEST_COMPARED), [...classes]);
  throw new UserError(
    `${model} has no class ${showName(wanted)}; did you mean ${showName(near)}? A number from 0 to ${classes.length - 1} names a class as well`,
  );
}
