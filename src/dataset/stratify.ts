import { show, UserError } from '../errors.js';
import type { Rng } from '../random/rng.js';
import type { Labelled } from './source.js';

/** The size of a part: a share of all images (0 < fraction < 1), or a count. */
export type PartSize = { readonly fraction: number } | { readonly count: number };

/** Two parts of a labelled set: indices in ascending order, each in exactly one part. */
export interface Parts {
  readonly rest: Int32Array;
  readonly part: Int32Array;
}

/**
 * Splits a labelled set at random into `part`, of the given size, and `rest`. Every class has at least one image in
 * each and otherwise keeps its share to within one image. A fraction that would leave a class empty is raised or
 * lowered until none is.
 *
 * Throws a UserError when a class has fewer than two images, or when a count would leave a class empty.
 */
export function stratify({ classes, labels }: Labelled, size: PartSize, rng: Rng): Parts {
  const members = membersByClass(classes, labels);
  const total = labels.length;
  const wanted = wantedCount(size, total, classes.length);
  const counts = apportion(
    members.map((indices) => indices.length),
    wanted,
  );
  const inPart = new Uint8Array(total);
  members.forEach((indices, label) => {
    const order = rng.fork(label).permutation(indices.length);
    for (let taken = 0; taken < counts[label]; taken++) inPart[indices[order[taken]]] = 1;
  });
  return { rest: positionsOf(inPart, 0), part: positionsOf(inPart, 1) };
}

function membersByClass(classes: readonly string[], labels: Int32Array): number[][] {
  const members = classes.map((): number[] => []);
  labels.forEach((label, index) => members[label]?.push(index));
  members.forEach((indices, label) => {
    if (indices.length < 2) {
      throw new UserError(
        `class ${show(classes[label])} has ${indices.length === 1 ? 'only one image' : 'no image'}; splitting needs two or more: add images or remove the class`,
      );
    }
  });
  return members;
}

function wantedCount(size: PartSize, total: number, classCount: number): number {
  const largest = total - classCount;
  if ('fraction' in size) {
    if (!(size.fraction > 0 && size.fraction < 1)) {
      throw new UserError(`the fraction to hold out is ${size.fraction}; it must lie between 0 and 1`);
    }
    return Math.min(largest, Math.max(classCount, Math.round(size.fraction * total)));
  }
  if (!Number.isInteger(size.count) || size.count < classCount || size.count > largest) {
    throw new UserError(
      `cannot hold out ${size.count} of ${total} images in ${classCount} classes: ask for ${classCount} to ${largest}, so that each class has one on both sides`,
    );
  }
  return size.count;
}

/** Apportions `wanted` in proportion to `sizes`, each part between 1 and size - 1, by largest remainders. */
function apportion(sizes: readonly number[], wanted: number): number[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const shares = sizes.map((size) => (size * wanted) / total);
  const counts = shares.map((share, label) => Math.max(1, Math.min(sizes[label] - 1, Math.floor(share))));
  let missing = wanted - counts.reduce((sum, count) => sum + count, 0);
  const step = Math.sign(missing);
  const need = (label: number): number => step * (shares[label] - counts[label]);
  const hasRoom = (label: number): boolean => counts[label] + step >= 1 && counts[label] + step <= sizes[label] - 1;
  let open = Array.from(sizes.keys()).filter(hasRoom);
  // Always the class with the greatest need, which then falls by one: among needs from `least` to one above, each class
  // has one turn.
  for (let least = 0; missing !== 0; least--) {
    const turns = open.filter((label) => need(label) >= least).sort((a, b) => need(b) - need(a) || a - b);
    for (const label of turns.slice(0, Math.abs(missing))) {
      counts[label] += step;
      missing -= step;
    }
    open = open.filter(hasRoom);
  }
  return counts;
}

function positionsOf(flags: Uint8Array, flag: number): Int32Array {
  const positions: number[] = [];
  flags.forEach((value, index) => {
    if (value === flag) positions.push(index);
  });
  return Int32Array.from(positions);
}
