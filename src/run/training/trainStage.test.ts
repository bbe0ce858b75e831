import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PRESETS } from '../../config/presets.js';
import { Interrupted } from '../../errors.js';
import type { RunEvent } from '../../telemetry/events.js';
import { searchOnly } from '../run.js';
import { newRun } from '../session.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-chance-'));
after(() => rmSync(folder, { recursive: true }));

test('a search whose supernet learns nothing says so, long before the supernet is trained', async () => {
  const { smoke } = PRESETS;
  const slow = { learningRate: 1e-9, warmupLearningRate: 1e-9, minLearningRate: 1e-9 };
  // Mixed images are watched, too.
  const mixing = { mixup: 0.8, cutmix: 1, probability: 1, switchProbability: 0.5 };
  const augmentation = { ...smoke.supernet.augmentation, mixing };
  const config = {
    ...smoke,
    device: { ...smoke.device, threads: 1 },
    model: { ...smoke.model, depth: 1 },
    supernet: { ...smoke.supernet, steps: 200, batchSize: 128, ...slow, augmentation },
  };
  const warned = new AbortController();
  let steps = 0;
  const emit = (event: RunEvent): void => {
    if (event.type === 'trainStep') steps = event.step;
    if (event.type === 'warning' && event.message.includes('it has learned nothing; change --learning-rate')) {
      warned.abort();
    }
    assert.ok(steps < 110, 'no warning');
  };
  await assert.rejects(newRun(config, join(folder, 'run'), searchOnly, { emit, signal: warned.signal }), Interrupted);
  assert.ok(steps >= 100 && steps <= 102, `${steps}`);
});
