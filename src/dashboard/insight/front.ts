/** A point to judge by two things: the fitness should be high, the cost low. */
export interface Weighed {
  readonly fitness: number;
  readonly cost: number;
}

/**
 * The points that no other one beats in both (the Pareto front), by ascending cost. Of points that are equal in both, the
 * first.
 */
export function frontOf<Point extends Weighed>(points: readonly Point[]): readonly Point[] {
  const front: Point[] = [];
  for (const point of [...points].sort((one, other) => one.cost - other.cost || other.fitness - one.fitness)) {
    if (point.fitness > (front.at(-1)?.fitness ?? -Infinity)) front.push(point);
  }
  return front;
}
