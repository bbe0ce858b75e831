import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readJournal } from '../src/telemetry/journal.js';
import { glit, makePhotos, TINY, type Ended } from './support/commandLine.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-compare-'));
after(() => rmSync(folder, { recursive: true }));

describe('a run beside published networks', () => {
  const LIMIT = 8e6;
  let run: Ended;
  before(async () => {
    await makePhotos(join(folder, 'photos'));
    const named = ['--compare', 'deit-tiny,resnet50,swin-tiny', '--no-baselines', '--max-macs', String(LIMIT)];
    run = await glit(folder, 'run', '--data', 'photos', ...TINY, ...named, '--out', 'run');
  });

  test('prints how each is scaled before it trains anything, then one row for each', () => {
    assert.equal(run.code, 0, run.stderr);
    const [before] = run.stdout.split('high level, supernet');
    for (const preset of ['deit-tiny', 'resnet50', 'swin-tiny']) {
      assert.match(
        before,
        new RegExp(`^baseline: ${preset} scaled to the budget: .* MACs and .* parameters and .* peak memory$`, 'm'),
      );
      assert.match(run.stdout, new RegExp(`^\\| ${preset}-w\\d+ `, 'm'));
    }
    assert.ok(!/^\| (DeiT|random)/m.test(run.stdout));
  });

  test('keeps each within the budget, by what the journal says', async () => {
    const journal = await readJournal(join(folder, 'run', 'journal.jsonl'));
    const scaled = journal.filter((entry) => entry.type === 'baselineScaled');
    assert.deepEqual(
      scaled.map(({ preset, family }) => `${preset}: ${family}`),
      ['deit-tiny: glit', 'resnet50: resnet', 'swin-tiny: swin'],
    );
    for (const { measures } of scaled) assert.ok(measures['macs'] > LIMIT / 4 && measures['macs'] <= LIMIT);
    assert.match(readFileSync(join(folder, 'run', 'report.md'), 'utf8'), /\| resnet50-w\d+ /);
  });
});

test('a preset that the budget has no room for is refused before anything is trained', async () => {
  await makePhotos(join(folder, 'others'));
  const args = ['run', '--data', 'others', ...TINY, '--compare', 'resnet101', '--max-macs', '1M', '--out', 'none'];
  const { code, stderr } = await glit(folder, ...args);
  assert.equal(code, 2);
  assert.match(stderr, /resnet101 takes at least .* beyond the budget \(MACs up to 1\.000 M\)/);
});
