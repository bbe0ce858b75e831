import { closest } from 'fastest-levenshtein';
import { showName, UserError } from '../errors.js';

/** Letters of a name that is looked for and is not there. */
const LONGEST_COMPARED = 60;

/** The number of a class by its name or, where no class is called so, by its number. Throws a UserError for another. */
export function classNumber(wanted: string, classes: readonly string[], model: string): number {
  const named = classes.indexOf(wanted);
  if (named >= 0) return named;
  if (/^\d+$/.test(wanted) && Number(wanted) < classes.length) return Number(wanted);
  const near = closest(wanted.slice(0, LONGEST_COMPARED), [...classes]);
  throw new UserError(
    `${model} has no class ${showName(wanted)}; did you mean ${showName(near)}? A number from 0 to ${classes.length - 1} names a class as well`,
  );
}
