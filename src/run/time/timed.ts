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
      const { config, dataset, rng, emit } = context;
      const data = searchDataOf(config, dataset, rng);
      const began = performance.now();
      const speed = await measureSpeed(context, data);
      const plan = planFor(config, speed, {
        limitSeconds,
        elapsedSeconds: elapsedSeconds + (performance.now() - began) / 1000,
        retrains,
        images: { searchVal: data.searchVal.labels.length, test: dataset.test.labels.length },
      });
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
