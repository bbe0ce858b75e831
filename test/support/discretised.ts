import { block } from '../../src/family/glit/block.js';
import { glit } from '../../src/family/glit/family.js';
import { defineSpace, type Path, type Space } from '../../src/space/space.js';
import { oneByOne, type OneByOne } from './oneByOne.js';

/** The size of a test problem: `genes` of `levels` values each, evenly spaced from 0 to 1. */
export interface ProblemSize {
  readonly genes: number;
  readonly levels: number;
}

type Objectives = (x: readonly number[]) => number[];

/** ZDT1 over discrete genes, two objectives (Zitzler, Deb and Thiele, 2000), negated: larger is better. */
export function zdt1(size: ProblemSize): OneByOne {
  return discretised(size, ([first, ...rest]) => {
    const g = 1 + (9 * total(rest)) / rest.length;
    return [first, g * (1 - Math.sqrt(first / g))];
  });
}

/** DTLZ2 over discrete genes, three objectives (Deb, Thiele, Laumanns and Zitzler, 2002), negated: larger is better. */
export function dtlz2(size: ProblemSize): OneByOne {
  return discretised(size, ([first, second, ...rest]) => {
    const radius = 1 + total(rest.map((x) => (x - 0.5) ** 2));
    const [one, other] = [(first * Math.PI) / 2, (second * Math.PI) / 2];
    return [radius * Math.cos(one) * Math.cos(other), radius * Math.cos(one) * Math.sin(other), radius * Math.sin(one)];
  });
}

function discretised({ genes, levels }: ProblemSize, smallerIsBetter: Objectives): OneByOne {
  const score = (path: Path): number[] =>
    smallerIsBetter(path.map((gene) => gene / (levels - 1))).map((value) => 0 - value);
  return oneByOne({
    space: levelSpace(genes, levels),
    isLegal: () => true,
    measure: () => ({}),
    score: async (path: Path) => ({ values: score(path) }),
  });
}

/** A space of `levels` choices per position; which blocks they are does not matter. */
function levelSpace(genes: number, levels: number): Space {
  const choices = Array.from({ length: levels }, (_, level) =>
    block({ globalHeads: 0, localHeads: 3 }, { kernel: 2 * level + 1 }),
  );
  return defineSpace(
    'levels',
    glit,
    Array.from({ length: genes }, () => choices),
  );
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
