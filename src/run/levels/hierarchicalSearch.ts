import type { SearchData } from '../../dataset/dataset.js';
import { architecture } from '../../family/architecture.js';
import type { Architecture } from '../../family/family.js';
import type { GlitBackbone } from '../../family/glit/backbone.js';
import { inheritWeights, warmStart } from '../../model/inherit.js';
import { supernet } from '../../model/network.js';
import { costRange, type Budget } from '../../measure/budget.js';
import { costsOfSpace } from '../../measure/cost.js';
import { perKnownMeasure, type Cost } from '../../measure/measure.js';
import { spread } from '../../search/spread.js';
import { SEARCH_SPACES, type Level, type SearchSpace, type SpaceSettings } from '../../space/searchSpaces.js';
import { blocksOf, type Path } from '../../space/space.js';
import type { Weights } from '../../train/state.js';
import { budgetOf } from '../budget.js';
import { stageName } from '../../telemetry/stage.js';
import type { Config } from '../../config/config.js';
import type { LatencyMeasured } from '../../telemetry/events.js';
import type { SearchContext } from '../context.js';
import { costOptionsOf } from '../latencyTable.js';
import { chooseWithinLatency } from './measuredLatency.js';
import { frontOf, searchFront, type SearchFront } from './searchFront.js';
import {
  candidateName,
  checkLevel,
  searchLevel,
  type LevelResult,
  type RecordedFitness,
  type ScoredCandidate,
  type SupernetStart,
} from './searchLevel.js';

export interface SearchResult {
  /** All candidates of all levels, in order of evaluation. */
  readonly candidates: readonly ScoredCandidate[];
  /** The best candidates of the last level, by fitness; or those spread over its front, the most accurate first. */
  readonly finalists: readonly Finalist[];
  /** The front of the last level, if the search was for several objectives. */
  readonly front?: SearchFront;
  /** The latencies measured to choose them, if the budget bounds latency. */
  readonly measured: readonly LatencyMeasured[];
}

/** A candidate to train further. */
export interface Finalist {
  readonly architecture: Architecture;
  /** The weights that it inherits from the supernet. */
  readonly inherited: () => Promise<Weights>;
}

/**
 * The hierarchical search (GLiT, section 3.3): one level of the space after another, each with the choices of earlier
 * levels fixed to their winner's. In the paper: first the split of every block into global and local heads, with
 * default inner sizes; then, for the winner's splits, the inner sizes. Without `space.hierarchical`, there is one level,
 * the joint space of all.
 *
 * With several objectives, the winner of a level is the most accurate network of its front, and the front of the last
 * level is the result. Little of the cost is decided before it: with the presets, MACs vary by a factor of 1.2 over
 * the splits, and by 1.9 to 3.4 over the inner sizes of equal splits.
 */
export async function hierarchicalSearch(
  context: SearchContext,
  data: SearchData,
  recorded: RecordedFitness,
): Promise<SearchResult> {
  const { config, folder } = context;
  const backbone = backboneOf(config, data.classes.length);
  const budget = budgetOf(config, backbone);
  const candidates: ScoredCandidate[] = [];
  let level = firstLevel(config);
  let start: SupernetStart | undefined;
  for (;;) {
    const { name, space } = level;
    const wanted = Math.max(config.retrain.top, config.retrain.halving?.contenders ?? 0);
    // Finalists over a limit on latency when measured give way to the next best.
    const top = level.next !== undefined ? 1 : context.latencyTable === undefined ? wanted : Infinity;
    const found = await searchLevel(context, { name, space, backbone, budget, top, start }, data, recorded);
    for (const each of found.candidates) candidates.push(each);
    const network = supernet(backbone, space, config.space);
    const file = `weights/${stageName({ kind: 'supernet', level: name })}.safetensors`;
    const inherited = async (path: Path): Promise<Weights> =>
      inheritWeights(network, path, await folder.readWeights(file));
    if (level.next === undefined) {
      const { front: spaced } = config.retrain;
      const eligible = eligibleOf(config, found).map((each) => ({
        ...each,
        architecture: architecture(space.family, { name: candidateName(each), backbone, blocks: each.blocks }),
      }));
      // Of a front, all are measured, and then some are chosen that are spread over those within the limit.
      const most = spaced === undefined ? wanted : Infinity;
      const { finalists: within, measured } = await chooseWithinLatency(context, eligible, most);
      const finalists = (spaced === undefined ? within : spread(within, spaced)).map((each) => ({
        architecture: each.architecture,
        inherited: () => inherited(each.path),
      }));
      const chosen = { finalists, measured };
      const { objectives } = config.search;
      if (objectives.length === 1) return { candidates, ...chosen };
      const front = searchFront(objectives, found.candidates, largestCosts(context, backbone, budget));
      return { candidates, ...chosen, front };
    }
    const [{ path }] = found.ranked;
    if (config.search.warmStart) {
      const weights = await inherited(path);
      const blocks = blocksOf(space, path);
      start = (lower) => warmStart(lower, weights, blocks);
    }
    level = level.next(path);
  }
}

/** The candidates of a level that may be trained further, best first: all or, if `retrain.front` asks for that, its front. */
export function eligibleOf(
  { retrain: { front } }: Config,
  { candidates, ranked }: LevelResult,
): readonly ScoredCandidate[] {
  return front === undefined ? ranked : frontOf(candidates);
}

/** Checks the first level's space against the budget, before any training; see {@link checkLevel}. */
export function checkFirstLevel(
  context: Pick<SearchContext, 'config' | 'emit' | 'rng' | 'latencyTable'>,
  classes: number,
): void {
  const { config } = context;
  const backbone = backboneOf(config, classes);
  const { name, space } = firstLevel(config);
  checkLevel(context, { name, space, backbone, budget: budgetOf(config, backbone) });
}

/** The largest cost of any network of the whole space, or the budget's limit if that is lower. */
function largestCosts(context: SearchContext, backbone: GlitBackbone, budget: Budget): Cost {
  const space = searchSpaceOf(context.config).joint(spaceSettingsOf(context.config));
  const ranges = costRange(costsOfSpace(backbone, space, costOptionsOf(context, backbone, space)));
  return perKnownMeasure(({ key }) => {
    const largest = ranges[key]?.max;
    return largest === undefined ? undefined : Math.min(largest, budget[key]?.max ?? Infinity);
  });
}

export function searchSpaceOf({ space }: Config): SearchSpace {
  return SEARCH_SPACES[space.lowLevel];
}

/** The first level or, if the search is not hierarchical, the only one: both levels at once. */
export function firstLevel(config: Config): Level {
  const space = searchSpaceOf(config);
  const settings = spaceSettingsOf(config);
  return config.space.hierarchical ? space.first(settings) : { name: 'joint', space: space.joint(settings) };
}

export function spaceSettingsOf({ model: { depth, heads }, space: { grid, defaults } }: Config): SpaceSettings {
  return { depth, heads, grid, defaults };
}

export function backboneOf({ model: { imageSize, patchSize, dim, heads } }: Config, classes: number): GlitBackbone {
  return { imageSize, patchSize, dim, heads, classes };
}
