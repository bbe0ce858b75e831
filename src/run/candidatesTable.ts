import type { Family } from '../family/family.js';
import { MEASURES } from '../measure/measure.js';
import { pathKey } from '../space/space.js';
import { csvTable } from '../telemetry/csv.js';
import { stageName } from '../telemetry/stage.js';
import type { ScoredCandidate } from './searchLevel.js';

const COLUMNS = [
  'stage',
  'method',
  'id',
  'generation',
  'operator',
  'parents',
  'path',
  'fitness',
  ...MEASURES.map(({ key }) => key),
  'blocks',
] as const;

/** All evaluated candidates as a CSV table: origin, blocks, score and cost. */
export function candidatesTable(candidates: readonly ScoredCandidate[], family: Family): string {
  return csvTable(
    COLUMNS,
    candidates.map(({ stage, origin, path, blocks, values, measures, ...rest }) => ({
      ...measures,
      ...rest,
      stage: stageName(stage),
      fitness: values[0],
      operator: origin.operator,
      parents: origin.parents.join(' '),
      path: pathKey(path),
      blocks: blocks.map((block) => family.describeBlock(block)).join(' | '),
    })),
  );
}
