import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { PRESETS } from '../../config/presets.js';
import { UserError } from '../../errors.js';
import { lackOfSpaceToContinue, requireSpace, spaceForLastTrainings, spaceForRun, spaceForRuns } from './diskSpace.js';

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

  test('of a study is that of its runs, whose snapshots follow one another', () => {
    const { cifar } = PRESETS;
    const [one, five] = [
      spaceForRun(cifar, 10),
      spaceForRuns(
        Array.from({ length: 5 }, () => cifar),
        10,
      ),
    ];
    assert.ok(five > 1.5 * one && five < 5 * one, `${five}`);
    const trainings = spaceForLastTrainings({ ...cifar, space: { ...cifar.space, entangled: false } }, 10);
    assert.ok(trainings > one / 4 && trainings < one, `${trainings} of ${one}`);
  });

  test('to continue is what its folder lacks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'glit-space-'));
    try {
      mkdirSync(join(folder, 'weights'));
      const weights = join(folder, 'weights', 'supernet-low.safetensors');
      writeFileSync(weights, '');
      assert.match(
        (await lackOfSpaceToContinue(folder, 1e18)) ?? '',
        /needs about 1000000000000 MB in .*; make room while/,
      );
      // It takes no room on the disk.
      truncateSync(weights, 1e12);
      assert.match((await lackOfSpaceToContinue(folder, 1e18)) ?? '', /needs about 999999000000 MB in /);
      assert.equal(await lackOfSpaceToContinue(folder, 1e12), undefined);
      assert.equal(await lackOfSpaceToContinue(folder, 1000), undefined);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
