import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { formatArchitecture } from '../src/family/codec.js';
import { preset } from '../src/family/families.js';
import { readJournal } from '../src/telemetry/journal.js';
import { glit, MAIN, makePhotos, TINY, writeText } from './support/commandLine.js';
import { assertSameResult } from './support/runFolders.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-disk-'));
before(() => makePhotos(join(folder, 'photos')));
after(() => rmSync(folder, { recursive: true }));

/** Runs glit where no file can become larger than `blocks` times 512 bytes, which looks like a disk without room. */
function limited(
  blocks: number,
  ...args: readonly string[]
): { readonly code: number | null; readonly stderr: string } {
  const script = `trap '' XFSZ; ulimit -f ${blocks}; exec "$@"`;
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', process.execPath, MAIN, ...args], { cwd: folder });
  return { code: status, stderr: stderr.toString() };
}

/** On Windows, limits of this kind do not exist. */
const skip = process.platform === 'win32';

describe('a disk without room', { skip }, () => {
  const small = ['--space', 'high', '--depth', '2', '--set', 'supernet.steps=200'];
  const args = ['search', '--data', 'photos', ...TINY, ...small, '--quiet'];
  const reason =
    'cannot be written \\(\\d+ bytes\\): a file may not become that large here; raise the limit .*, and continue';

  test('ends a run in one line that names the file, and the run continues when there is room', async () => {
    const { code, stderr } = limited(60, ...args, '--out', 'full');
    assert.equal(code, 2, stderr);
    assert.match(stderr, new RegExp(`glit: full.journal\\.jsonl ${reason}\\n$`));
    // The line that had no room is gone, and those before it are whole.
    const journal = await readJournal(join(folder, 'full', 'journal.jsonl'));
    assert.ok(journal.filter(({ type }) => type === 'trainStep').length > 20);

    const stillFull = limited(1, 'search', '--resume', 'full', '--quiet');
    assert.equal(stillFull.code, 2, stillFull.stderr);
    assert.match(stillFull.stderr, new RegExp(`glit: full.lock-1\\.json ${reason}\\n$`));
    assert.ok(!existsSync(join(folder, 'full', 'lock-1.json')), 'it would look like the lock of another process');

    const [resumed, whole] = [
      await glit(folder, 'search', '--resume', 'full', '--quiet'),
      await glit(folder, ...args, '--out', 'roomy'),
    ];
    assert.equal(resumed.code, 0, resumed.stderr);
    assert.equal(whole.code, 0, whole.stderr);
    assertSameResult(join(folder, 'roomy'), join(folder, 'full'), ['candidates.csv', 'architecture.json']);
  });

  test('ends an export in one line, and leaves no part of the file', () => {
    const { code, stderr } = limited(8, 'export', 'roomy', '--inherited', '--out', 'model.onnx');
    assert.equal(code, 2, stderr);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('model')),
      [],
    );
    assert.match(stderr, new RegExp(`glit: model\\.onnx ${reason}\\n$`));
  });
});

test('work that the disk cannot hold is refused before it begins', async () => {
  const huge = preset('deit-tiny', { imageSize: 8, patchSize: 4 });
  const wide = { ...huge, backbone: { ...huge.backbone, dim: 150_000, heads: 3 } };
  writeText(folder, 'huge.json', formatArchitecture(wide));
  const wider = [...TINY, '--dim', '150000', '--workers', '0'];
  for (const [out, ...args] of [
    ['trained', 'train', 'huge.json', '--recipe', 'demo', '--batch-size', '8'],
    ['searched', 'run', ...wider],
    ['compared', 'ablate', ...wider, '--rows', 'deit,both', '--seeds', '2'],
  ]) {
    const { code, stderr } = await glit(folder, ...args, '--data', 'photos', '--out', out);
    assert.equal(code, 2, stderr);
    assert.match(
      stderr,
      /glit: the run needs about \d{7,} MB in \S+, and its disk has \d+ MB; make room, or give another/,
    );
    assert.ok(!existsSync(join(folder, out)));
  }
});
