import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evaluation } from '../../telemetry/events.js';
import type { TrainStage } from '../../telemetry/stage.js';
import { RecordedAccuracies } from './recordedAccuracies.js';

const contender = (id: number): TrainStage => ({
  kind: 'train',
  network: { role: 'contender', by: 'found', round: 0, id },
});
const evaluation = (fields: Partial<Evaluation>): Evaluation => ({
  ...{ type: 'evaluation', stage: contender(0), weights: 'last', split: 'searchVal', accuracy: 0.5, images: 10 },
  ...fields,
});

test('what was measured on held-out images counts until its network is trained again; test images never do', () => {
  const recorded = new RecordedAccuracies([
    evaluation({ accuracy: 0.4 }),
    evaluation({ accuracy: 0.5 }),
    evaluation({ weights: 'average', accuracy: 0.6 }),
    evaluation({ half: 'B', accuracy: 0.7 }),
    evaluation({ stage: contender(1), split: 'test', accuracy: 0.8 }),
  ]);
  const of = (fields: Partial<Evaluation>): number | undefined => recorded.of(evaluation(fields));
  assert.deepEqual(
    [of({}), of({ weights: 'average' }), of({ half: 'B' }), of({ half: 'A' })],
    [0.5, 0.6, 0.7, undefined],
  );
  assert.equal(of({ stage: contender(1), split: 'test' }), undefined);
  recorded.forget(contender(0));
  assert.equal(of({}), undefined);
});
