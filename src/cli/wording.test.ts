import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RECIPES } from '../config/recipes/index.js';
import type { Stage } from '../telemetry/stage.js';
import { stageTitle } from '../telemetry/stageTitle.js';
import { lasting, stepLine, stepWords, type Step } from './wording.js';

const line = (event: Step, best = 0): string => stepLine(stepWords(event, best));

test('the line about random search says where its number of candidates comes from', () => {
  const event = { type: 'randomSearchPlanned', candidates: 19, searchProcessorSeconds: 250 } as const;
  assert.equal(
    lasting({ ...event, configured: false }),
    'random search with the processor time of the search (4m 10s): 19 candidates',
  );
  assert.equal(
    lasting({ ...event, configured: true }),
    'random search: 19 candidates, as configured (the search took 4m 10s of processor time)',
  );
});

describe('a line about progress', () => {
  test('of a training says step, share, time left, speed, loss and accuracy', () => {
    const event = {
      type: 'trainStep',
      stage: { kind: 'train', network: { role: 'finalist', by: 'found', rank: 2 } },
      step: 150,
      steps: 1000,
      epoch: 2,
      loss: 1.23456,
      accuracy: 0.4567,
      learningRate: 1e-3,
      imagesPerSecond: 310.4,
      waitingShare: 0.04,
      remainingSeconds: 65,
    } as const;
    const expected =
      'training candidate 2  step 150/1000  15 %  1m 05s left  310 images/s  loss 1.235  accuracy 45.67 %';
    assert.equal(line(event), expected);
    assert.equal(line({ ...event, waitingShare: 0.12 }), `${expected}  waiting for images 12 %`);
    const { remainingSeconds: _, ...first } = event;
    assert.match(line({ ...first, imagesPerSecond: 0 }), /15 % {2}loss/);
  });

  test('of a search says the candidate, the best and the last', () => {
    const words = line(
      {
        type: 'candidateEvaluated',
        stage: { kind: 'search', level: 'low' },
        method: 'evolution',
        done: 7,
        total: 64,
        id: 6,
        generation: 0,
        path: [0],
        blocks: [{ globalHeads: 3, localHeads: 0, dkRatio: 1, ffnRatio: 4 }],
        fitness: 0.5,
        values: [0.5],
        measures: { macs: 1, parameters: 1 },
        origin: { operator: 'random', parents: [] },
      },
      0.75,
    );
    assert.equal(words, 'low level, search  candidate 7/64  10 %  best 75.00 %  this one 50.00 %');
  });

  test('of decoding says how many', () => {
    assert.equal(
      line({ type: 'stageProgress', stage: { kind: 'images' }, done: 64, total: 200 }),
      'images  64/200  32 %',
    );
  });
});

describe('a line that stays', () => {
  test('begins a training with its recipe', () => {
    const started = { type: 'stageStarted', stage: { kind: 'train' }, steps: 1000 } as const;
    assert.equal(lasting(started), 'training: 1000 steps');
    const recipe = { config: RECIPES.cifar, learningRate: 0.002, warmupSteps: 60 };
    assert.match(
      lasting({ ...started, recipe }) ?? '',
      /^training: 1000 steps; batches of 64, AdamW at 0\.002, .*flips/,
    );
  });

  test('says the range of a space and the share within the budget', () => {
    const space = {
      type: 'spaceChecked',
      level: 'high',
      log10Candidates: Math.log10(256),
      ranges: { macs: { min: 1.2e9, max: 1.6e9 }, parameters: { min: 5e6, max: 6e6 } },
      budget: { macs: { max: 1.3e9 } },
      shareWithin: 0.25,
    } as const;
    assert.equal(
      lasting(space),
      'high level: 256 candidates with 1.200 G to 1.600 G MACs and 5.000 M to 6.000 M parameters; budget: MACs up to 1.300 G, met by 25.00 % of random candidates',
    );
    assert.match(lasting({ ...space, log10Candidates: 7.22 }) ?? '', /10\^7\.2 candidates/);
  });

  test('ends a training with what its recipe did', () => {
    const finished = { type: 'stageFinished', stage: { kind: 'train' }, durationSeconds: 12 } as const;
    assert.equal(
      lasting({ ...finished, result: { steps: 9, waitingShare: 0.01 } }),
      'training: done in 12s, 1.00 % of the time waited for images',
    );
    const result = { steps: 9, waitingShare: 0, clippedShare: 0.9, mixupShare: 0.6, cutmixShare: 0.4 };
    assert.equal(
      lasting({ ...finished, result }),
      'training: done in 12s, mixup in 60.00 % of batches, CutMix in 40.00 %, gradient clipped in 90.00 % of steps, 0.00 % of the time waited for images',
    );
  });

  test('ends a search with the best of each method, and says accuracies', () => {
    assert.equal(
      lasting({
        type: 'stageFinished',
        stage: { kind: 'search', level: 'low' },
        durationSeconds: 12,
        result: { bestFitness: { evolution: 0.5, random: 0.4 } },
      }),
      'low level, search: done in 12s, best by evolution 50.00 %, best by random 40.00 %',
    );
    const evaluation = { type: 'evaluation', weights: 'last', accuracy: 0.5, images: 8 } as const;
    assert.equal(
      lasting({
        ...evaluation,
        stage: { kind: 'train', network: { role: 'baseline', name: 'deit' } },
        split: 'searchVal',
      }),
      'training the baseline DeiT: 50.00 % of 8 held-out images',
    );
    assert.equal(
      lasting({ ...evaluation, stage: { kind: 'test', network: { role: 'found' } }, split: 'test' }),
      'the found network: 50.00 % of 8 test images',
    );
  });

  test('distinguishes the moving average from the last weights of a single network', () => {
    const average = { type: 'evaluation', weights: 'average', split: 'test', accuracy: 0.5, images: 8 } as const;
    assert.equal(lasting({ ...average, stage: { kind: 'train' } }), 'average: 50.00 % of 8 test images');
    const network = { role: 'finalist', by: 'found', rank: 1 } as const;
    assert.equal(
      lasting({ ...average, stage: { kind: 'train', network }, split: 'searchVal' }),
      'training candidate 1: 50.00 % of 8 held-out images',
    );
  });

  test('names stages of other versions as they are', () => {
    assert.equal(stageTitle({ kind: 'warmUp' } as unknown as Stage), 'warmUp');
  });
});
