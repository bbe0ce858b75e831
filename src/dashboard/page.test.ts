import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { appendEvents, runStarted, trainStep } from '../../test/support/journals.js';
import type { ReportData } from './messages.js';
import { writeReportPage } from './page.js';

const folder = mkdtempSync(path.join(tmpdir(), 'glit-report-'));
after(() => rmSync(folder, { recursive: true }));

test('a report holds the whole digest, whatever its journal says', async () => {
  const message = '</script><script>alert(1)</script> $& <!--';
  appendEvents(path.join(folder, 'journal.jsonl'), [runStarted(), trainStep(1, 10), { type: 'warning', message }]);
  mkdirSync(path.join(folder, 'batches'));
  const [small, huge] = [Buffer.from('a picture'), Buffer.alloc(2e6)];
  writeFileSync(path.join(folder, 'batches', 'supernet-high.png'), small);
  writeFileSync(path.join(folder, 'batches', 'train-found-1.png'), huge);
  await writeReportPage(folder);
  const page = readFileSync(path.join(folder, 'report.html'), 'utf8');
  assert.equal(page.split('</script>').length, 3, 'the data and the script, and no other end of one');
  const [, json = ''] = /<script id="report" type="application\/json">([^]*?)<\/script>/.exec(page) ?? [];
  const { digest, references, batches } = JSON.parse(json) as ReportData;
  assert.equal(digest.notices[0].message, message);
  assert.deepEqual(Object.keys(digest.curves), ['supernet-high']);
  assert.equal(references[0].blocks.length, 12);
  // One that would fill the page is left out.
  const source = `data:image/png;base64,${small.toString('base64')}`;
  assert.deepEqual(batches, [{ name: 'supernet-high.png', source }]);
  assert.ok(page.length < 1.5e6, String(page.length));
});
