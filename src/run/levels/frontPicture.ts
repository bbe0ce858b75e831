import { perMeasure } from '../../measure/measure.js';
import { costsAmong, type Objective } from '../../measure/objectives.js';
import { frontPlot, type FrontPoint } from '../../plot/front.js';
import type { SearchFront } from './searchFront.js';
import type { ScoredCandidate, SearchMethod } from './searchLevel.js';
import { largest } from '../../tensor/largest.js';

/** What {@link frontPicture} shows. */
export interface FrontPictureData {
  /** The name of the data set. */
  readonly dataset: string;
  /** Accuracy and at least one cost. The picture shows the first cost. */
  readonly objectives: readonly Objective[];
  /** All candidates, in order of evaluation. The picture shows those of the last level. */
  readonly candidates: readonly ScoredCandidate[];
  readonly front: SearchFront;
}

/** `front.svg`: fitness against cost of every candidate of the last level, and the front among them. */
export function frontPicture({ dataset, objectives, candidates, front }: FrontPictureData): Promise<string> {
  const [cost] = costsAmong(objectives);
  const { title, unitOf } = perMeasure((measure) => measure)[cost];
  const level = candidates.at(-1)?.stage.level ?? '';
  const scored = candidates.filter(({ stage }) => stage.level === level);
  const unit = unitOf(largest(scored.map(({ measures }) => measures[cost])));
  const pointOf = (fitness: number, measures: Readonly<Record<string, number>>): FrontPoint => ({
    x: measures[cost] / unit.size,
    y: 100 * fitness,
  });
  const pointsBy = (by: SearchMethod): FrontPoint[] =>
    scored.filter(({ method }) => method === by).map(({ values, measures }) => pointOf(values[0], measures));
  const searched = pointsBy('nsga2');
  return frontPlot({
    title: `Front of the search: ${dataset}, ${level} level`,
    note: noteOf(objectives, front.networks.length, searched.length),
    x: unit.name === '' ? title : `${title} (${unit.name})`,
    y: 'fitness: accuracy with inherited weights (%)',
    candidates: [
      { name: 'candidates of the search', points: searched },
      { name: 'drawn at random', points: pointsBy('random') },
    ].filter(({ points }) => points.length > 0),
    front: front.networks.map(({ fitness, measures }) => pointOf(fitness, measures)),
  });
}

/** The objectives, and how many of the search's candidates are on the front. */
function noteOf(objectives: readonly Objective[], onFront: number, candidates: number): string {
  const titles = perMeasure(({ title }) => title);
  const costs = costsAmong(objectives).map((cost) => titles[cost]);
  const names = [['accuracy', ...costs.slice(0, -1)].join(', '), ...costs.slice(-1)].join(' and ');
  return `on the front in ${names}: ${onFront} of ${candidates} candidates`;
}
