import { agreed } from '../../comm/exchange.js';
import { searchDataOf } from '../../config/check.js';
import { measureSpeed } from './speed.js';
import { scoringCount } from '../levels/scoringImages.js';
import type { Job } from '../session.js';
import { planFor } from './timePlan.js';

/**
 * The job within a time limit: before its folder exists, the machine's speed is measured and the configuration planned
 * for it. The plan is part of the folder's configuration, so resuming or repeating it needs no limit.
 */
export function timed<Result>(
  job: Job<Result>,
  { limitSeconds, retrains }: { readonly limitSeconds: number; readonly retrains: boolean },
): Job<Result> {
  return {
    ...job,
    plan: async (context, elapsedSeconds) => {
      const { config, dataset, ranks, rng, emit } = context;
      const data = searchDataOf(config, dataset, rng);
      const began = performance.now();
      const speed = await measureSpeed(context, data);
      const passed = elapsedSeconds + (performance.now() - began) / 1000;
      const images = { searchVal: data.searchVal.labels.length, test: dataset.test.labels.length };
      // All ranks measure, since they train together; what rank 0 plans counts.
      const request = { limitSeconds, elapsedSeconds: passed, retrains, images };
      const plan = await agreed(ranks, () => planFor(config, speed, request));
      const { supernet, search, retrain } = plan.config;
      emit({
        type: 'runPlanned',
        limitSeconds,
        parts: plan.parts,
        amounts: {
          supernetSteps: supernet.steps ?? 0,
          candidates: search.population * search.generations,
          scoringImages: scoringCount(plan.config, data.searchVal.labels.length),
          ...(retrains && { finalSteps: retrain.recipe.steps ?? 0 }),
          ...(retrain.randomCandidates !== undefined && { randomCandidates: retrain.randomCandidates }),
        },
      });
      return plan.config;
    },
  };
}
