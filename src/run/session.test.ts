import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { PRESETS } from '../config/presets.js';
import { UserError } from '../errors.js';
import type { RunEvent } from '../telemetry/events.js';
import { continuedRun, newRun, type Job } from './session.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-session-'));
after(() => rmSync(folder, { recursive: true }));

/** A job that does nothing, and says that it needs this many bytes. */
const needing = (bytes: number): Job<null> => ({
  name: 'run',
  recipes: () => [],
  checkConfig: () => undefined,
  checkData: () => undefined,
  spaceFor: () => bytes,
  work: () => Promise.resolve(null),
  summary: () => ({ candidates: 0, finalists: [] }),
});

test('a run that the disk has no room for does not begin, and one that is continued warns', async () => {
  const out = join(folder, 'run');
  const config = { ...PRESETS.smoke, device: { ...PRESETS.smoke.device, threads: 1 } };
  await assert.rejects(newRun(config, out, needing(1e18)), (error) => {
    assert.ok(error instanceof UserError);
    assert.match(error.message, /^the run needs about 1000000000000 MB in .*; make room, or give another folder/);
    return true;
  });
  assert.ok(!existsSync(out));
  const warnings: string[] = [];
  const options = {
    emit(event: RunEvent): void {
      if (event.type === 'warning') warnings.push(event.message);
    },
  };
  await newRun(config, out, needing(1000), options);
  await continuedRun(out, needing(1000), options);
  assert.deepEqual(warnings, []);
  await continuedRun(out, needing(1e18), options);
  assert.match(
    warnings.join('\n'),
    /^the run needs about 1000000000000 MB .*; make room while it works, or it will stop and/,
  );
});
