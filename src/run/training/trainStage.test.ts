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
  const config = {
    ...smoke,
    device: { ...smoke.device, threads: 1 },
    supernet: { ...smoke.supernet, steps: 200, batchSize: 128, ...slow },
  };
  const warned = new AbortController();
  let steps = 0;
  const emit = (event: RunEvent): void => {
    if (event.type === 'trainStep') steps = event.step;
    if (event.type === 'warning' && event.message.includes('it has learned nothing; change --learning-rate')) {
      warned.abort();
    }
    assert.ok(steps < 60, 'no warning');
  };
  await assert.rejects(newRun(config, join(folder, 'run'), searchOnly, { emit, signal: warned.signal }), Interrupted);
  // Those of the later half of a tenth, and as many as 3000 images need.
  assert.ok(steps >= 10 + 24 && steps <= 10 + 24 + 2, `${steps}`);
});
