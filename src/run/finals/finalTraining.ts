import type { SearchData } from '../../dataset/dataset.js';
import type { Selection } from '../../telemetry/stage.js';
import type { SearchContext } from '../context.js';
import { halve, type Contender } from './halving.js';
import { retrain, type TrainedNetwork } from './retrain.js';
import { trainSideBySide } from './sideBySide.js';

/**
 * Chooses among contenders, best first: by successive halving, if it is configured, whose first round has `share` of the
 * recipe's steps (default: the configured one); then the first `top` are trained to the end. Returns these, in the order
 * before their training.
 */
export async function trainFinalists(
  context: SearchContext,
  contenders: readonly Contender[],
  data: SearchData,
  { by, top, share }: { readonly by: Selection; readonly top: number; readonly share?: number },
): Promise<readonly TrainedNetwork[]> {
  const { halving, inherited } = context.config.retrain;
  const finalists =
    halving === undefined
      ? contenders.slice(0, top)
      : await halve(context, contenders, data, { by, share: share ?? halving.share, top });
  const architectures = finalists.map(({ architecture }) => architecture);
  return trainSideBySide(context, architectures, async (engineContext, at) => {
    const start = inherited ? await finalists[at].weights() : undefined;
    return retrain(engineContext, { role: 'finalist', by, rank: at + 1 }, architectures[at], data, start);
  });
}

/** The best by held-out accuracy; ties go to the earlier one. */
export function bestTrained(networks: readonly TrainedNetwork[]): TrainedNetwork {
  return networks.reduce((best, each) => (each.heldOut > best.heldOut ? each : best));
}
