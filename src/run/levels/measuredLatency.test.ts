import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { ALONE } from '../../comm/communicator.js';
import { preset } from '../../family/families.js';
import type { RunEvent } from '../../telemetry/events.js';
import { JournalWriter } from '../../telemetry/journal.js';
import type { SearchContext } from '../context.js';
import { RunFolder } from '../folder/runFolder.js';
import { chooseWithinLatency } from './measuredLatency.js';

const root = mkdtempSync(join(tmpdir(), 'glit-measured-'));
after(() => rmSync(root, { recursive: true }));

test('on another machine, what was measured before counts, and nothing more is measured', async () => {
  const journal = new JournalWriter(join(root, 'journal.jsonl'));
  const measured = (name: string, milliseconds: number): RunEvent => ({
    ...{ type: 'latencyMeasured', name, milliseconds, spread: 0, predicted: 1, limit: 2 },
  });
  journal.write(measured('slow', 3));
  journal.write(measured('fast', 1));
  journal.close();
  const warnings: string[] = [];
  const context = {
    config: { budget: { latency: { max: 2 } } },
    ranks: ALONE,
    latencyTable: { machine: { cpu: 'of another machine', cores: 0, platform: 'none' } },
    folder: RunFolder.at(root),
    emit: (event: RunEvent) => event.type === 'warning' && warnings.push(event.message),
  } as unknown as SearchContext;
  const ranked = ['slow', 'fast', 'unknown', 'last'].map((name) => ({
    architecture: { ...preset('glit-tiny'), name },
  }));
  const chosen = await chooseWithinLatency(context, ranked, 2);
  assert.deepEqual(
    chosen.finalists.map(({ architecture: { name } }) => name),
    ['fast', 'unknown'],
  );
  assert.deepEqual(
    chosen.measured.map(({ name }) => name),
    ['slow', 'fast'],
  );
  assert.match(warnings.join(), /measured on another machine \(of another machine\)/);
});
