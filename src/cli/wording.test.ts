import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { lasting, stageTitle, stepLine } from './wording.js';

describe('a line about progress', () => {
  test('of a training says step, share, time left, speed, loss and accuracy', () => {
    const event = {
      type: 'trainStep',
      stage: 'train-found-2',
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
    const line = 'training candidate 2  step 150/1000  15 %  1m 05s left  310 images/s  loss 1.235  accuracy 45.67 %';
    assert.equal(stepLine(event, 0), line);
    assert.equal(stepLine({ ...event, waitingShare: 0.12 }, 0), `${line}  waiting for images 12 %`);
    const { remainingSeconds: _, ...first } = event;
    assert.match(stepLine({ ...first, imagesPerSecond: 0 }, 0), /15 % {2}loss/);
  });

  test('of a search says the candidate, the best and the last', () => {
    const line = stepLine(
      {
        type: 'candidateEvaluated',
        stage: 'search-low',
        method: 'evolution',
        done: 7,
        total: 64,
        id: 6,
        generation: 0,
        path: [0],
        candidate: 'G3 d1 f4',
        fitness: 0.5,
        macs: 1,
        params: 1,
        origin: { operator: 'random', parents: [] },
      },
      0.75,
    );
    assert.equal(line, 'low level, search  candidate 7/64  10 %  best 75.00 %  this one 50.00 %');
  });

  test('of decoding says how many', () => {
    assert.equal(stepLine({ type: 'stageProgress', stage: 'images', done: 64, total: 200 }, 0), 'images  64/200  32 %');
  });
});

describe('a line that stays', () => {
  test('says what a space can reach and what the budget leaves of it', () => {
    const space = {
      type: 'spaceChecked',
      stage: 'high',
      log10Candidates: Math.log10(256),
      macs: { min: 1.2e9, max: 1.6e9 },
      params: { min: 5e6, max: 6e6 },
      budget: 'MACs up to 1.300 G',
      shareInside: 0.25,
    } as const;
    assert.equal(
      lasting(space),
      'high level: 256 candidates with 1.200 G to 1.600 G MACs and 5.000 M to 6.000 M parameters; budget: MACs up to 1.300 G, met by 25.00 % of random ones',
    );
    assert.match(lasting({ ...space, log10Candidates: 7.22 }) ?? '', /10\^7\.2 candidates/);
  });

  test('ends a search with the best of each method, and says accuracies', () => {
    assert.equal(
      lasting({ type: 'stageFinished', stage: 'search-low', seconds: 12, result: { evolution: 0.5, random: 0.4 } }),
      'low level, search: done in 12s, best by evolution 50.00 %, best by random 40.00 %',
    );
    const evaluation = { type: 'evaluation', what: '', accuracy: 0.5, images: 8 } as const;
    assert.equal(
      lasting({ ...evaluation, stage: 'train-deit', split: 'searchVal' }),
      'training the DeiT beside it: 50.00 % of 8 held-out images',
    );
    assert.equal(
      lasting({ ...evaluation, stage: 'test-found', split: 'test' }),
      'the found network: 50.00 % of 8 test images',
    );
  });

  test('names stages of other versions as they are', () => {
    assert.equal(stageTitle('warmUp'), 'warmUp');
  });
});
