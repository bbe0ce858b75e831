import type { Objectives } from './pareto.js';

/**
 * The hypervolume of points: the volume of what they dominate and what dominates the reference point (Zitzler and
 * Thiele, 1998). Larger is better, as for every objective. Points that are not better than the reference point in all
 * objectives add nothing. Exact, by slicing one objective after another: n log n steps for n points of two objectives,
 * about n² log n for three.
 *
 * Throws a RangeError when a point has not as many objectives as the reference point.
 */
export function hypervolume(points: readonly Objectives[], reference: Objectives): number {
  const odd = points.find(({ length }) => length !== reference.length);
  if (odd !== undefined) {
    throw new RangeError(`a point of ${odd.length} objectives has no hypervolume beyond ${reference.length} of them`);
  }
  const boxes = points
    .map((point) => point.map((value, objective) => value - reference[objective]))
    .filter((box) => box.every((side) => side > 0));
  return unionOf(boxes, reference.length);
}

/** The volume of the union of boxes from the origin, by their first `dimensions` sides. */
function unionOf(boxes: readonly Objectives[], dimensions: number): number {
  if (boxes.length === 0) return 0;
  const last = dimensions - 1;
  if (last === 0) return Math.max(...boxes.map(([side]) => side));
  const tallest = boxes.toSorted((one, other) => other[last] - one[last]);
  let volume = 0;
  // The bases of the boxes that are as tall as this one, without those inside another.
  let bases: Objectives[] = [];
  for (const [index, box] of tallest.entries()) {
    const base = box.slice(0, last);
    if (!bases.some((other) => isInside(base, other))) {
      bases = [...bases.filter((other) => !isInside(other, base)), base];
    }
    const height = box[last] - (tallest[index + 1]?.[last] ?? 0);
    if (height > 0) volume += height * unionOf(bases, last);
  }
  return volume;
}

function isInside(base: Objectives, other: Objectives): boolean {
  return base.every((side, index) => side <= other[index]);
}
