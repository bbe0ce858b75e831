import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PRESETS } from '../../config/presets.js';
import type { NetworkRole } from '../../telemetry/stage.js';
import { formatStarts, type ComparisonRow } from './report.js';

const { cifar } = PRESETS;
const row = (network: NetworkRole): ComparisonRow => ({
  ...{ network, name: '', macs: 1, parameters: 1, memory: 1, heldOut: 0.5, test: 0.5 },
});
const found = row({ role: 'found' });
const deit = row({ role: 'baseline', name: 'deit' });
const random = row({ role: 'random' });

test('a report says which networks went on from earlier weights', () => {
  const of = (retrain: Partial<typeof cifar.retrain>, comparison: readonly ComparisonRow[], candidates = 20): string =>
    formatStarts(
      { retrain: { ...cifar.retrain, ...retrain } },
      { comparison, ...(comparison.includes(random) && { randomSearch: { candidates, processorSeconds: 1 } }) },
    );
  assert.equal(of({ inherited: false }, [found, deit, random]), '');
  assert.equal(
    of({}, [found, deit, random]),
    " The found network and random search's continued from their short trainings; the others started from scratch.",
  );
  assert.equal(of({}, [found]), ' The found network continued from its short trainings.');
  // As many candidates as are trained to the end.
  assert.equal(
    of({}, [found, random], cifar.retrain.top),
    ' The found network continued from its short trainings; the others started from scratch.',
  );
  const { halving: _, ...retrain } = cifar.retrain;
  const result = { comparison: [found, row({ role: 'finalist', by: 'found', rank: 2 }), deit] };
  assert.equal(
    formatStarts({ retrain }, result),
    " The networks of the front continued from the supernet's weights; the others started from scratch.",
  );
});
