import { UserError } from '../../errors.js';

/** Throws a UserError unless `value` is a probability; `name` says which, e.g. `the probability of horizontalFlip`. */
export function requireShare(name: string, value: number): void {
  requireWithin(name, value, [0, 1]);
}

/** Throws a UserError unless `value` is in a closed range. */
export function requireWithin(name: string, value: number, [least, most]: readonly [number, number]): void {
  if (!(value >= least && value <= most)) throw new UserError(`${name} is ${value}; it must be ${least} to ${most}`);
}

/** Throws a UserError unless `value` is a finite number of at least 0. */
export function requireNotNegative(name: string, value: number): void {
  if (!(value >= 0 && value < Infinity)) throw new UserError(`${name} is ${value}; it must be 0 or more`);
}

/** Throws a UserError unless the range is increasing, above 0 and at most `limit`. */
export function requireRange(name: string, [least, greatest]: readonly [number, number], limit = Infinity): void {
  if (!(least > 0 && least <= greatest && greatest <= limit && greatest < Infinity)) {
    const end = limit === Infinity ? '' : ` to at most ${limit}`;
    throw new UserError(`${name} is ${least} to ${greatest}; it must rise from above 0${end}`);
  }
}
