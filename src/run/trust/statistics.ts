import type { Rng } from '../../random/rng.js';
import { bootstrapInterval } from '../../statistics/bootstrap.js';
import { kendallTau } from '../../statistics/kendall.js';
import { meanOf } from '../../statistics/summary.js';
import { topKRegret } from '../../statistics/topKRegret.js';
import { perKnownMeasure, type Cost } from '../../measure/measure.js';
import type { Estimate, TrustOutcome } from '../../telemetry/events.js';
import type { Fitness } from './rescore.js';
import type { Retrained } from './trainings.js';

/** Everything that was measured about a candidate. */
export interface MeasuredCandidate extends Fitness {
  readonly cost: Cost;
  /** One entry per seed. */
  readonly retrained: readonly Retrained[];
}

export type TrustStatistics = Omit<TrustOutcome, 'level' | 'candidates' | 'seeds'>;

const REGRET_OF = [1, 3];

/**
 * How well fitness ranks candidates; see {@link TrustOutcome}. Intervals are bootstrap percentiles over the candidates.
 *
 * The ceiling is measured as fitness is: two trainings of a network, one on half A, the other on half B. On shared
 * images their τ would be too high.
 */
export function trustStatistics(candidates: readonly MeasuredCandidate[], rng: Rng): TrustStatistics {
  const seeds = candidates[0].retrained.map((_, seed) => seed);
  const accuracy = candidates.map(({ retrained }) => meanOf(retrained.map(({ B }) => B)));
  const ofSeed = (seed: number, half: 'A' | 'B'): number[] => candidates.map(({ retrained }) => retrained[seed][half]);
  const fitness = candidates.map((each) => each.fitness);
  const withoutRecalibration = candidates.map((each) => each.withoutRecalibration);

  const estimate = (name: string, statistic: Statistic): Estimate => {
    const all = candidates.map((_, index) => index);
    return {
      value: statistic(all) ?? null,
      interval: bootstrapInterval(candidates.length, statistic, { rng: rng.fork(name) }) ?? null,
    };
  };
  const tau = correlation(fitness, accuracy);
  const tauWithout = correlation(withoutRecalibration, accuracy);
  return {
    tau: estimate('tau', tau),
    tauOfOneSeed: estimate('tauOfOneSeed', average(seeds.map((seed) => correlation(fitness, ofSeed(seed, 'B'))))),
    tauWithoutRecalibration: estimate('tauWithoutRecalibration', tauWithout),
    recalibrationGain: estimate('recalibrationGain', (drawn) => {
      const [one, other] = [tau(drawn), tauWithout(drawn)];
      return one === undefined || other === undefined ? undefined : one - other;
    }),
    ceiling: estimate(
      'ceiling',
      average(
        seeds.flatMap((one) =>
          seeds.filter((other) => other !== one).map((other) => correlation(ofSeed(one, 'A'), ofSeed(other, 'B'))),
        ),
      ),
    ),
    tauOfMeasures: perKnownMeasure(({ key }) => {
      const costs = candidates.map(({ cost }) => cost[key]).filter((cost) => cost !== undefined);
      return costs.length < candidates.length ? undefined : estimate(key, correlation(costs, accuracy));
    }),
    regret: REGRET_OF.filter((k) => k < candidates.length).map((k) => ({
      k,
      ...estimate(`regret ${k}`, (drawn) => topKRegret(at(fitness, drawn), at(accuracy, drawn), k)),
    })),
  };
}

/** A statistic of the candidates at these indices; undefined where they have no order. */
type Statistic = (drawn: readonly number[]) => number | undefined;

function correlation(x: readonly number[], y: readonly number[]): Statistic {
  return (drawn) => kendallTau(at(x, drawn), at(y, drawn));
}

/** The mean of statistics, as far as they have values. */
function average(statistics: readonly Statistic[]): Statistic {
  return (drawn) => {
    const values = statistics.map((each) => each(drawn)).filter((value) => value !== undefined);
    return values.length === 0 ? undefined : meanOf(values);
  };
}

function at(values: readonly number[], drawn: readonly number[]): number[] {
  return drawn.map((index) => values[index]);
}
