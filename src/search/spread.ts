import type { Trial } from './trial.js';

/**
 * `count` trials of a front, from the best by the first objective to the best by the second, with both. Those between
 * are the nearest to evenly spaced values of the second objective. A smaller front is returned whole. Sorted by the first
 * objective, best first.
 */
export function spread<T extends Pick<Trial, 'values'>>(front: readonly T[], count: number): T[] {
  const rest = front.toSorted((one, other) => other.values[0] - one.values[0] || other.values[1] - one.values[1]);
  const along = ({ values }: T): number => values[1];
  const [from, to] = [along(rest[0]), Math.max(...front.map(along))];
  const taken: T[] = [];
  for (let place = 0; place < count && rest.length > 0; place++) {
    const wanted = place === 0 ? from : from + ((to - from) * place) / (count - 1);
    const gap = (trial: T): number => Math.abs(along(trial) - wanted);
    const nearest = rest.reduce((best, each) => (gap(each) < gap(best) ? each : best));
    taken.push(...rest.splice(rest.indexOf(nearest), 1));
  }
  return taken.sort((one, other) => other.values[0] - one.values[0]);
}
