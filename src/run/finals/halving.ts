import type { Config, RecipeConfig } from '../../config/config.js';
import type { SearchData } from '../../dataset/dataset.js';
import type { Architecture } from '../../family/family.js';
import { plainNetwork } from '../../model/network.js';
import type { NetworkRole, Selection, TrainStage } from '../../telemetry/stage.js';
import type { Weights } from '../../train/state.js';
import type { SearchContext } from '../context.js';
import { accuracyOf } from './retrain.js';
import { trainSideBySide } from './sideBySide.js';
import { trainStage, weightsFile } from '../training/trainStage.js';

/** A network that may be chosen, and the weights that it has so far. */
export interface Contender {
  readonly architecture: Architecture;
  /** Undefined: it has none, and training draws them. */
  readonly weights: () => Promise<Weights | undefined>;
}

/** The settings of {@link halve}. */
export interface HalvingSettings {
  readonly by: Selection;
  /** Share of the recipe's steps in the first round; every further round is twice as long. */
  readonly share: number;
  /** The number of contenders to leave. */
  readonly top: number;
}

/**
 * Successive halving (Jamieson and Talwalkar, 2016): all contenders are trained for a short time from their weights, the
 * better half by held-out accuracy goes on for twice as long, until `top` are left. Each round is a training of its
 * own, with the whole schedule of the recipe, so all are scored at a learning rate near its floor.
 *
 * Returns the last round's, best first; ties go to the earlier contender.
 */
export async function halve(
  context: SearchContext,
  contenders: readonly Contender[],
  data: SearchData,
  { by, share, top }: HalvingSettings,
): Promise<readonly Contender[]> {
  let left = contenders.map((contender, id) => ({ id, contender }));
  for (let round = 0; left.length > top; round++) {
    const recipe = shortened(context.config.retrain.recipe, share * 2 ** round);
    const architectures = left.map(({ contender }) => contender.architecture);
    const trained = await trainSideBySide(context, architectures, async (engineContext, at) => {
      const { id, contender } = left[at];
      const role: NetworkRole = { role: 'contender', by, round, id };
      const { file, heldOut } = await trainBriefly(engineContext, contender, data, { role, recipe });
      return { id, heldOut, contender: { ...contender, weights: () => context.folder.readWeights(file) } };
    });
    left = trained
      .toSorted((one, other) => other.heldOut - one.heldOut || one.id - other.id)
      .slice(0, betterHalf(left.length, top));
  }
  return left.map(({ contender }) => contender);
}

/** How many of `count` contenders go on. Rounded down, so that one more at the start rarely costs one more round. */
export function betterHalf(count: number, top: number): number {
  return Math.max(top, Math.floor(count / 2));
}

/** The sum over all rounds of contenders times relative length; a round of one contender at first counts as 1. */
export function halvingWork(contenders: number, top: number): number {
  let work = 0;
  for (let [left, length] = [contenders, 1]; left > top; length *= 2) {
    work += left * length;
    left = betterHalf(left, top);
  }
  return work;
}

/** The number of short trainings over all rounds. */
export function halvingTrainings(contenders: number, top: number): number {
  let count = 0;
  for (let left = contenders; left > top; left = betterHalf(left, top)) count += left;
  return count;
}

async function trainBriefly(
  context: SearchContext,
  { architecture, weights: before }: Contender,
  data: SearchData,
  { role, recipe }: { readonly role: NetworkRole; readonly recipe: RecipeConfig },
): Promise<{ readonly file: string; readonly heldOut: number }> {
  const stage: TrainStage = { kind: 'train', network: role };
  const network = plainNetwork(architecture);
  const start = await before();
  const { state } = await trainStage(context, stage, network, data.train, recipe, { start });
  const weights = await state.weights();
  state.free();
  const subject = { stage, weights: 'last', split: 'searchVal' } as const;
  return {
    file: weightsFile(stage),
    heldOut: await accuracyOf(context, architecture, weights, data.searchVal, subject),
  };
}

/** The recipe with a share of its steps, without a moving average, which would lag behind. */
function shortened(recipe: RecipeConfig, share: number): Config['retrain']['recipe'] {
  const { steps, epochs, ...rest } = recipe;
  return {
    ...rest,
    ...(steps !== undefined && { steps: Math.max(1, Math.round(steps * share)) }),
    ...(epochs !== undefined && { epochs: epochs * share }),
    averageDecay: 0,
  };
}
