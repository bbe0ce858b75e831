import type { Block } from '../../family/family.js';
import type { RecipeConfig } from '../../config/config.js';
import { measuresOf, MEASURES } from '../../measure/measure.js';
import { scatterPlot } from '../../plot/scatter.js';
import type { Path } from '../../space/space.js';
import { meanOf } from '../../statistics/summary.js';
import type { Estimate } from '../../telemetry/events.js';
import { percent } from '../results/report.js';
import { textTable } from '../results/textTable.js';
import type { SampledCandidate } from './sample.js';
import type { MeasuredCandidate, TrustStatistics } from './statistics.js';
import { markdownText } from '../results/markdownText.js';

/** A candidate of the report. */
export interface TrustCandidate extends MeasuredCandidate, SampledCandidate {
  readonly path: Path;
  readonly blocks: readonly Block[];
}

/** Everything about the check of a supernet: the contents of `trust.json`. */
export interface TrustResult {
  readonly dataset: string;
  readonly level: string;
  readonly seed: number;
  readonly seeds: number;
  readonly images: { readonly train: number; readonly halfA: number; readonly halfB: number };
  /** How each candidate was trained. */
  readonly recipe: RecipeConfig;
  readonly statistics: TrustStatistics;
  readonly candidates: readonly TrustCandidate[];
}

/** The statistics as text, for the terminal and the report. */
export function formatTrust({ statistics, seeds }: TrustResult): string {
  const { tau, tauOfOneSeed, tauWithoutRecalibration, recalibrationGain, ceiling, tauOfMeasures, regret } = statistics;
  const rows: readonly (readonly [name: string, estimate: Estimate])[] = [
    ['fitness', tau],
    ['fitness without BatchNorm recalibration', tauWithoutRecalibration],
    ['what recalibration adds', recalibrationGain],
    ...MEASURES.flatMap(({ key, title }) => {
      const estimate = tauOfMeasures[key];
      return estimate === undefined ? [] : [[title, estimate] as const];
    }),
    ...(seeds > 1
      ? ([
          ['fitness, accuracy of one seed', tauOfOneSeed],
          ['another training (the ceiling)', ceiling],
        ] as const)
      : []),
  ];
  const correlations = textTable([
    ['predictor of retrained accuracy', 'Kendall τ', '95 % interval'],
    ...rows.map(([name, { value, interval }]) => [
      name,
      value === null ? '–' : signed(value),
      interval === null ? '–' : `${signed(interval.low)} to ${signed(interval.high)}`,
    ]),
  ]);
  const regrets = textTable([
    ['choice by fitness', 'regret, points', '95 % interval'],
    ...regret.map(({ k, value, interval }) => [
      k === 1 ? 'the best' : `the best ${k}`,
      value === null ? '–' : points(value),
      interval === null ? '–' : `${points(interval.low)} to ${points(interval.high)}`,
    ]),
  ]);
  return `${correlations}\n\n${regrets}`;
}

/** `trust.md`. */
export function formatTrustReport(result: TrustResult): string {
  const { dataset, level, seed, seeds, images, recipe, candidates } = result;
  const searched = candidates.filter(({ from }) => from === 'search').length;
  const length = recipe.steps === undefined ? `${recipe.epochs} epochs` : `${recipe.steps} steps`;
  const known = measuresOf(candidates[0].cost);
  const rows = candidates.map(({ path, from, cost, fitness, withoutRecalibration, retrained }) => [
    path.join('-'),
    from,
    ...known.map(({ key, format }) => format(cost[key] ?? NaN)),
    percent(fitness),
    percent(withoutRecalibration),
    ...retrained.flatMap(({ A, B }) => [percent(A), percent(B)]),
  ]);
  const each = Array.from({ length: seeds }, (_, index) => [`seed ${index + 1}, A`, `seed ${index + 1}, B`]);
  const header = ['path', 'from', ...known.map(({ title }) => title), 'fitness, A', 'not recalibrated, A'];
  return `# Can the search on ${markdownText(dataset)} be trusted? The ${level} level

${formatTrust(result)}

![fitness and retrained accuracy](trust.svg)

Does the supernet rank candidates as training from scratch does? ${candidates.length} candidates, ${searched} from the search (spread over its range of
fitness) and ${candidates.length - searched} drawn at random from the candidates within the budget, were each trained ${seeds === 1 ? 'once' : `${seeds} times`} from scratch for ${length}.

- τ is Kendall's τ-b: 1 is the same order, 0 none. Intervals are bootstrap percentiles over the candidates.
- Accuracy after training is the mean over seeds. "Accuracy of one seed" takes each seed alone and averages τ; compare it with the ceiling,
  the τ between two trainings of the same networks, which differ only by chance.
- Regret is the best accuracy of all candidates minus the best accuracy among those with the highest fitness.

| images | count | for |
|---|---:|---|
| training | ${images.train} | supernet, BatchNorm recalibration, training from scratch |
| held out, half A | ${images.halfA} | fitness; of two trainings, one side of the ceiling |
| held out, half B | ${images.halfB} | accuracy of trained networks |
| test | 0 | nothing |

## Candidates

${textTable([[...header, ...each.flat()], ...rows])}

The random seed of the run is ${seed}. \`trust.json\` has every number, with the blocks and the recipe.
`;
}

/** `trust.svg`: fitness against the accuracy after training. */
export function trustPicture({ dataset, level, seeds, statistics, candidates }: TrustResult): Promise<string> {
  const { value, interval } = statistics.tau;
  const range = interval === null ? '' : ` (95 % interval ${signed(interval.low)} to ${signed(interval.high)})`;
  const pointsFrom = (from: SampledCandidate['from']) =>
    candidates
      .filter((each) => each.from === from)
      .map(({ fitness, retrained }) => {
        const accuracies = retrained.map(({ B }) => 100 * B);
        const spread = { low: Math.min(...accuracies), high: Math.max(...accuracies) };
        return { x: 100 * fitness, y: meanOf(accuracies), ...(seeds > 1 && { spread }) };
      });
  return scatterPlot({
    title: `Fitness and retrained accuracy: ${dataset}, ${level} level`,
    note: `Kendall τ ${value === null ? '–' : signed(value)}${range}; ${candidates.length} candidates, seeds: ${seeds}`,
    x: 'fitness: accuracy with inherited weights, half A (%)',
    y: 'accuracy after training, half B (%)',
    series: [
      { name: 'from the search', points: pointsFrom('search') },
      { name: 'drawn at random', points: pointsFrom('random') },
    ].filter(({ points: each }) => each.length > 0),
  });
}

/** Two digits with a sign that lines up: `0.52`, `−0.08`. */
function signed(value: number): string {
  return value
    .toFixed(2)
    .replace(/^-0\.00$/, '0.00')
    .replace('-', '−');
}

/** A share in percentage points. */
function points(share: number): string {
  return (100 * share).toFixed(2);
}
