import { costOf } from '../../measure/cost.js';
import type { Architecture } from '../../family/family.js';
import type { SearchContext } from '../context.js';
import { macsOfStep, openTrainingEngines } from '../devices/engines.js';

/**
 * Trains networks by the run's recipe, or a shortened one, on as many engines as bring them forward. `train` gets a context
 * with the engine, and the network's place in `architectures`. Returns the results in that order.
 */
export async function trainSideBySide<Context extends SearchContext, Result>(
  context: Context,
  architectures: readonly Architecture[],
  train: (context: Context, at: number) => Promise<Result>,
): Promise<readonly Result[]> {
  const { batchSize } = context.config.retrain.recipe;
  const largest = Math.max(0, ...architectures.map((each) => costOf(each).macs));
  const works = { count: architectures.length, macs: macsOfStep(largest, batchSize) };
  const engines = await openTrainingEngines(context, works);
  try {
    const results: Result[] = [];
    const work = (at: number, device: Context['device']): Promise<Result> => train({ ...context, device }, at);
    for await (const result of engines.inOrder([...architectures.keys()], work)) results.push(result);
    return results;
  } finally {
    await engines.close();
  }
}
