import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { writeFileAtomically } from '../checkpoint/atomicFile.js';
import { Follower } from './follower.js';
import { BATCHES, firstBatches } from './batches.js';
import type { BatchPicture, ReportData } from './messages.js';
import { referenceNetworks } from './references.js';
import { journalOf } from './runs.js';

/** The place in the page where a report's data stand; without any, it asks its server. */
const NO_DATA = /(<script id="report" type="application\/json">)\s*null\s*(<\/script>)/;

/** The page, in one file with its script and style. The build makes it. Throws when it is missing. */
export async function dashboardPage(): Promise<string> {
  return readFile(new URL('page/page.html', import.meta.url), 'utf8');
}

/** The page with a run's data in it, which needs no server. */
export function reportPage(page: string, data: ReportData): string {
  // In JSON, `<` stands only within strings, where an escape means the same and cannot end the script.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return page.replace(NO_DATA, (_place, begin: string, end: string) => `${begin}${json}${end}`);
}

/** Bytes of pictures that a report may have in it: they would fill it where images are large. */
const MOST_PICTURES = 1_200_000;

/** The pictures of first batches, as many as fit. */
async function embeddedBatches(folder: string): Promise<readonly BatchPicture[]> {
  const embedded: BatchPicture[] = [];
  let left = MOST_PICTURES;
  for (const name of await firstBatches(folder)) {
    const picture = await readFile(path.join(folder, BATCHES, name));
    left -= picture.length;
    if (left < 0) break;
    embedded.push({ name, source: `data:image/png;base64,${picture.toString('base64')}` });
  }
  return embedded;
}

/** Writes `report.html` into a run folder: the dashboard's views of the run as it is, in one file. */
export async function writeReportPage(folder: string): Promise<void> {
  const follower = new Follower(journalOf(folder));
  await follower.advance(Infinity);
  const data: ReportData = {
    name: path.basename(path.resolve(folder)),
    digest: follower.digest.toJSON(),
    references: referenceNetworks(),
    batches: await embeddedBatches(folder),
  };
  await writeFileAtomically(path.join(folder, 'report.html'), reportPage(await dashboardPage(), data));
}
