import { inheritWeights, warmStart } from '../model/inherit.js';
import { supernet } from '../model/network.js';
import type { SearchData } from '../dataset/dataset.js';
import { budgetOf } from './budget.js';
import { architecture, type Architecture, type Backbone } from '../space/architecture.js';
import { highLevelSpace } from '../space/highLevel.js';
import { nlpSpace, paperLowLevel, releasedLowLevel, type LowLevelOptions } from '../space/lowLevel.js';
import type { Block } from '../space/block.js';
import type { Space } from '../space/space.js';
import type { Config } from '../config/config.js';
import type { RunContext } from './context.js';
import { checkFeasible, searchLevel, type RecordedFitness, type ScoredCandidate } from './searchLevel.js';

export interface SearchResult {
  /** Every candidate of both levels, in the order of evaluation. */
  readonly candidates: readonly ScoredCandidate[];
  /** The best architectures, by fitness. */
  readonly finalists: readonly Architecture[];
}

/**
 * The hierarchical search (GLiT, section 3.3): first the split of every block in global and local heads, with the insides
 * at their defaults; then, for the winner's splits, the insides. In the `nlp` space there is nothing to split.
 */
export async function hierarchicalSearch(
  context: RunContext,
  data: SearchData,
  recorded: RecordedFitness,
): Promise<SearchResult> {
  const { config } = context;
  const backbone = backboneOf(config, data.classes.length);
  const budget = budgetOf(config, backbone);
  const { depth, heads } = config.model;
  const top = config.retrain.top;
  const options = lowLevelOptions(config);
  if (config.space.lowLevel === 'nlp') {
    const space = nlpSpace({ depth, heads, ...options });
    const { candidates, ranked } = await searchLevel(
      context,
      { name: 'low', backbone, space, budget, top },
      data,
      recorded,
    );
    return { candidates, finalists: ranked.map((candidate) => finalist(backbone, candidate)) };
  }

  const highSpace = highLevelSpace({ depth, heads, defaults: config.space.defaults });
  const high = await searchLevel(context, { name: 'high', backbone, space: highSpace, budget, top: 1 }, data, recorded);
  const lowSpace = lowLevelSpace(config, high.ranked[0].blocks);
  const [winner] = high.ranked;
  const highWeights = await context.folder.readWeights('weights/supernet-high.safetensors');
  const inherited = inheritWeights(supernet(backbone, highSpace), winner.path, highWeights);
  const low = await searchLevel(
    context,
    {
      name: 'low',
      backbone,
      space: lowSpace,
      budget,
      top,
      ...(config.search.warmStart && { start: (network) => warmStart(network, inherited) }),
    },
    data,
    recorded,
  );
  return {
    candidates: [...high.candidates, ...low.candidates],
    finalists: low.ranked.map((candidate) => finalist(backbone, candidate)),
  };
}

/** Checks the first space that will be searched against the budget, before anything is trained; see {@link checkFeasible}. */
export function checkSearchable(context: Pick<RunContext, 'config' | 'emit' | 'rng'>, classes: number): void {
  const { config } = context;
  const backbone = backboneOf(config, classes);
  const { depth, heads } = config.model;
  const budget = budgetOf(config, backbone);
  if (config.space.lowLevel === 'nlp') {
    checkFeasible(context, {
      name: 'low',
      backbone,
      space: nlpSpace({ depth, heads, ...lowLevelOptions(config) }),
      budget,
    });
  } else {
    const space = highLevelSpace({ depth, heads, defaults: config.space.defaults });
    checkFeasible(context, { name: 'high', backbone, space, budget });
  }
}

/** The low level of blocks whose heads are split. */
export function lowLevelSpace(config: Config, blocks: readonly Block[]): Space {
  const level = config.space.lowLevel === 'paper' ? paperLowLevel : releasedLowLevel;
  return level(blocks, lowLevelOptions(config));
}

export function lowLevelOptions({ space }: Config): LowLevelOptions {
  return { grid: space.grid, defaults: space.defaults };
}

export function backboneOf({ model: { imageSize, patchSize, dim, heads } }: Config, classes: number): Backbone {
  return { imageSize, patchSize, dim, heads, classes };
}

function finalist(backbone: Backbone, { blocks, id }: ScoredCandidate): Architecture {
  return architecture({ name: `glit-${id}`, backbone, blocks });
}
