import type { Family } from '../../family/family.js';
import { MEASURES } from '../../measure/measure.js';
import { paretoFront } from '../../search/pareto.js';
import { pathKey } from '../../space/space.js';
import { csvTable } from '../../telemetry/csv.js';
import { stageName } from '../../telemetry/stage.js';
import type { ScoredCandidate } from './searchLevel.js';

const ORIGIN = ['stage', 'method', 'id', 'generation', 'operator', 'parents', 'path', 'fitness', 'loss'] as const;

/**
 * All evaluated candidates as a CSV table: origin, blocks, score, known costs, and whether they are on their search's
 * front.
 */
export function candidatesTable(candidates: readonly ScoredCandidate[], family: Family): string {
  const searchOf = ({ stage, method }: ScoredCandidate): string => `${stageName(stage)} ${method}`;
  const searches = new Set(candidates.map(searchOf));
  const front = new Set(
    [...searches].flatMap((search) => paretoFront(candidates.filter((each) => searchOf(each) === search))),
  );
  const known = MEASURES.filter(({ key }) => candidates.some(({ measures }) => measures[key] !== undefined));
  return csvTable(
    [...ORIGIN, ...known.map(({ key }) => key), 'front', 'blocks'] as const,
    candidates.map((candidate) => ({
      ...candidate.measures,
      id: candidate.id,
      generation: candidate.generation,
      method: candidate.method,
      stage: stageName(candidate.stage),
      fitness: candidate.values[0],
      loss: candidate.loss,
      operator: candidate.origin.operator,
      parents: candidate.origin.parents.join(' '),
      path: pathKey(candidate.path),
      front: front.has(candidate) ? 'yes' : 'no',
      blocks: candidate.blocks.map((block) => family.describeBlock(block)).join(' | '),
    })),
  );
}
