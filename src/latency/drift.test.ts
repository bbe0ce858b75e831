import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { seeded } from '../random/rng.js';
import { latenciesOf, type Visit } from './drift.js';
import { quantile } from './errors.js';

const truth = [1, 1.3, 2, 5];

/** Rounds in random order on a machine whose slowness at visit `at` is `slowness(at)`, with 2 % noise. */
function visitsOn(slowness: (at: number) => number, rounds = 20, latencies: readonly number[] = truth): Visit[] {
  const rng = seeded('drift');
  return Array.from({ length: rounds }, (_, round) => [...rng.fork(round).permutation(latencies.length)])
    .flat()
    .map((network, at) => ({ network, milliseconds: latencies[network] * slowness(at) * (1 + 0.02 * rng.uniform()) }));
}

describe('latencies on a machine whose speed changes', () => {
  test('are the true ones where it does not', () => {
    latenciesOf(
      visitsOn(() => 1),
      truth.length,
    ).forEach(({ milliseconds, spread }, at) => {
      assert.ok(Math.abs(milliseconds / truth[at] - 1) < 0.03, `${at}: ${milliseconds}`);
      assert.ok(spread < 0.03 * truth[at]);
    });
  });

  test('keep their ratios where it halves for a while', () => {
    const halved = visitsOn((at) => (at % 37 < 16 ? 2 : 1));
    for (const [at, { milliseconds, spread }] of latenciesOf(halved, truth.length).entries()) {
      assert.ok(Math.abs(milliseconds / truth[at] - 1) < 0.05, `${at}: ${milliseconds}`);
      assert.ok(spread > 0.5 * truth[at], 'the spread shows that the machine was disturbed');
    }
  });

  test('keep their ratios where it becomes ever slower', () => {
    const latencies = latenciesOf(
      visitsOn((at) => 1 + at / 40),
      truth.length,
    );
    for (const [at, { milliseconds }] of latencies.entries()) {
      const ratio = milliseconds / latencies[0].milliseconds;
      assert.ok(Math.abs(ratio / truth[at] - 1) < 0.05, `${at}: ${ratio}`);
    }
  });

  test('keep their ratios where quantiles of the visits alone do not', () => {
    // Slow for many visits of every round, but not for the same networks: some hardly meet the fast times.
    const many = Array.from({ length: 20 }, (_, at) => 1 + at / 10);
    const visits = visitsOn((at) => (at % 47 < 35 ? 2 : 1), 8, many);
    const worst = (latencies: readonly number[]): number => {
      const ratios = latencies.map((value, at) => value / many[at]);
      return Math.max(...ratios) / Math.min(...ratios) - 1;
    };
    const quartiles = many.map((_, network) =>
      quantile(
        visits.filter((visit) => visit.network === network).map((visit) => visit.milliseconds),
        0.25,
      ),
    );
    const divided = latenciesOf(visits, many.length).map(({ milliseconds }) => milliseconds);
    assert.ok(worst(quartiles) > 0.5, `quartiles err by ${worst(quartiles)}`);
    assert.ok(worst(divided) < 0.05, `divided ones by ${worst(divided)}`);
  });

  test('of one network, visited once, are its visit', () => {
    const [{ milliseconds, spread }] = latenciesOf([{ network: 0, milliseconds: 3 }], 1);
    assert.ok(Math.abs(milliseconds - 3) < 1e-12);
    assert.equal(spread, 0);
  });
});
