import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PRESETS } from '../../config/presets.js';
import { UserError } from '../../errors.js';
import { requireSpace, spaceForRun } from './diskSpace.js';

describe('the space of a run', () => {
  test('is asked for on the disk of its folder, which need not exist', async () => {
    const folder = join(tmpdir(), 'glit-no-folder', 'run');
    await requireSpace(folder, 1000);
    await assert.rejects(requireSpace(folder, 1e18), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /needs about 1000000000000 MB in .*run, and its disk has \d+ MB; make room, or give another/,
      );
      return true;
    });
    assert.ok(!existsSync(folder));
  });

  test('grows with supernet, network and the number of networks', () => {
    const { cifar } = PRESETS;
    const space = spaceForRun(cifar, 10);
    assert.ok(space > 10e6 && space < 300e6, `${space}`);
    const wider = { ...cifar, model: { ...cifar.model, dim: 2 * cifar.model.dim } };
    assert.ok(spaceForRun(wider, 10) > 3 * space);
    assert.ok(spaceForRun({ ...cifar, retrain: { ...cifar.retrain, baselines: false } }, 10) < space);
    assert.ok(spaceForRun({ ...cifar, space: { ...cifar.space, entangled: false } }, 10) > space);
  });
});
