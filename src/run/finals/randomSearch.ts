import { formatConfig } from '../../config/layers.js';
import type { SearchData } from '../../dataset/dataset.js';
import { architecture } from '../../family/architecture.js';
import type { Architecture } from '../../family/family.js';
import type { GlitBackbone } from '../../family/glit/backbone.js';
import { costsOfSpace } from '../../measure/cost.js';
import { nearLimit } from '../../measure/nearLimit.js';
import type { Rng } from '../../random/rng.js';
import type { LatencyMeasured } from '../../telemetry/events.js';
import { drawLegal, findLegal } from '../../search/legal.js';
import { blocksOf, pathKey } from '../../space/space.js';
import type { Config } from '../../config/config.js';
import { budgetOf, nearLimitOf, pathsWithin } from '../budget.js';
import type { SearchContext } from '../context.js';
import { bestTrained, trainFinalists } from './finalTraining.js';
import { halvingTrainings, halvingWork } from './halving.js';
import { withinLatency } from '../levels/measuredLatency.js';
import { backboneOf, searchSpaceOf, spaceSettingsOf } from '../levels/hierarchicalSearch.js';
import { costOptionsOf } from '../latencyTable.js';
import type { TrainedNetwork } from './retrain.js';
import type { SearchCost } from './searchCost.js';

/** The result of a random search. */
export interface RandomSearchResult {
  readonly network: TrainedNetwork;
  /** The number of candidates that it began with. */
  readonly candidates: number;
  /** The latencies measured to choose them, if the budget bounds latency. */
  readonly measured: readonly LatencyMeasured[];
}

/** Candidates drawn for each one wanted where those over a limit on latency when measured give way to the next. */
const SPARE = 2;

/**
 * Random search at the search's cost, for comparison: it draws candidates of all levels within the budget, near its
 * limit, and selects and trains them as the search does its best candidates, but from scratch. As with these, a limit on
 * latency holds for what is measured; undefined, with a warning, if none is within it. Their number and the length of
 * their short trainings are those configured, or what spends the search's processor time. The latter are written to
 * the run's configuration, so that a resumed or repeated run trains the same networks.
 */
export async function randomSearch(
  context: SearchContext,
  data: SearchData,
  cost: SearchCost,
): Promise<RandomSearchResult | undefined> {
  const { config, folder, emit, rng } = context;
  let { randomCandidates: candidates, randomShare: share } = config.retrain;
  const configured = candidates !== undefined;
  if (candidates === undefined) {
    const plan = affordable(config, cost.processorSeconds, trainingCosts(config, cost));
    ({ randomCandidates: candidates, randomShare: share } = plan);
    await folder.write('config.yaml', formatConfig({ ...config, retrain: { ...config.retrain, ...plan } }));
  }
  emit({ type: 'randomSearchPlanned', candidates, configured, searchProcessorSeconds: cost.processorSeconds });
  const backbone = backboneOf(config, data.classes.length);
  const count = config.budget.latency === undefined ? candidates : SPARE * candidates;
  const drawn = randomCandidates(context, backbone, count, rng.fork('randomCandidate'));
  const untrained = drawn.map((each) => ({ architecture: each, weights: () => Promise.resolve(undefined) }));
  const { finalists: contenders, measured } = await withinLatency(context, untrained, candidates);
  if (contenders.length === 0) {
    const message = `all ${measured.length} candidates of random search are over the limit on latency when measured; it is left out`;
    emit({ type: 'warning', message });
    return undefined;
  }
  const top = config.retrain.halving === undefined ? contenders.length : config.retrain.top;
  const trained = await trainFinalists(context, contenders, data, {
    by: 'random',
    top,
    ...(share !== undefined && { share }),
  });
  const network: TrainedNetwork = { ...bestTrained(trained), network: { role: 'random' } };
  return { network, candidates: contenders.length, measured };
}

/** What random search spends, by the names of the configuration. */
export interface RandomSearchPlan {
  readonly randomCandidates: number;
  readonly randomShare?: number;
}

/** What trainings cost, in any unit of time. */
export interface TrainingCosts {
  /** A training to the end, with all that belongs to it. */
  readonly final: number;
  /** Of a short training, what does not depend on its length: compiling, and measuring on the held-out images. */
  readonly start: number;
  /** What a training as long as the recipe says takes beside that. */
  readonly whole: number;
}

/**
 * What the search's own trainings cost, which all candidates near the limit cost about as much as. Two sums are known, of
 * the short trainings and of the final ones, and two things: what starting takes, and what steps take. Where the sums
 * do not allow both, one of them is taken to be 0. If the search had so few candidates that there was no short training,
 * starting is taken to cost nothing.
 */
export function trainingCosts({ retrain: { top, halving } }: Config, cost: SearchCost): TrainingCosts {
  const { finalTrainings, finalSeconds, halvingSeconds, contenders } = cost;
  const final = finalSeconds / finalTrainings;
  const trainings = halvingTrainings(contenders, top);
  if (halving === undefined || trainings === 0 || halvingSeconds === 0) return { final, start: 0, whole: final };
  const lengths = halving.share * halvingWork(contenders, top);
  // start + whole = final, and trainings · start + lengths · whole = halvingSeconds
  const whole = (final * trainings - halvingSeconds) / (trainings - lengths);
  if (trainings > lengths && whole <= 0) return { final, start: halvingSeconds / trainings, whole: 0 };
  if (trainings <= lengths || whole >= final) return { final, start: 0, whole: halvingSeconds / lengths };
  return { final, start: final - whole, whole };
}

/**
 * What random search can do at the cost of the search: as many candidates as it can begin with, and what is left then
 * lengthens their short trainings (one candidate more may be a round more, and half as much work again), unless the
 * configuration says how long these are.
 */
export function affordable(
  { retrain: { top, halving, randomShare } }: Config,
  budget: number,
  { final, start, whole }: TrainingCosts,
): RandomSearchPlan {
  if (halving === undefined) return { randomCandidates: Math.max(1, Math.floor(budget / final)) };
  const least = randomShare ?? halving.share;
  const started = (count: number): number => start * halvingTrainings(count, top) + top * final;
  let count = top;
  while (started(count + 1) + least * whole * halvingWork(count + 1, top) <= budget) count += 1;
  if (count === top) return { randomCandidates: count };
  const longest = whole === 0 ? least : (budget - started(count)) / (whole * halvingWork(count, top));
  return { randomCandidates: count, randomShare: randomShare ?? Math.min(1, Math.max(least, longest)) };
}

/**
 * Different random candidates within the budget, near its limit; fewer if there are no more. Throws a UserError if there is
 * none.
 */
export function randomCandidates(
  context: Pick<SearchContext, 'config' | 'latencyTable'>,
  backbone: GlitBackbone,
  count: number,
  rng: Rng,
): readonly Architecture[] {
  const { config } = context;
  const space = searchSpaceOf(config).joint(spaceSettingsOf(config));
  const table = costsOfSpace(backbone, space, costOptionsOf(context, backbone, space));
  const budget = nearLimit(table, budgetOf(config, backbone), nearLimitOf(config), rng.fork('nearLimit'));
  const searched = pathsWithin(table, budget);
  const seen = new Set<string>();
  const drawn: Architecture[] = [];
  while (drawn.length < count) {
    const path = drawn.length === 0 ? drawLegal(searched, rng) : findLegal(searched, rng, { seen }).path;
    if (path === undefined) break;
    seen.add(pathKey(path));
    drawn.push(architecture(space.family, { name: `random-${drawn.length}`, backbone, blocks: blocksOf(space, path) }));
  }
  return drawn;
}
