import { join } from 'node:path';
import { writeFileAtomically } from '../../checkpoint/atomicFile.js';
import { makeFolder, requireWritable } from '../../checkpoint/freeFolder.js';
import { UserError } from '../../errors.js';
import { gather, type GatheredStudy } from './gather.js';
import { formatStudies, picturesOf } from './report.js';
import { readSeeds } from './studyFolder.js';

/** Writes the summary of studies: `ablation.json`, `ablation.md`, and a picture of each. */
export async function writeSummary(folder: string, studies: readonly GatheredStudy[]): Promise<void> {
  await makeFolder(folder);
  const write = (name: string, content: string): Promise<void> => writeFileAtomically(join(folder, name), content);
  for (const [name, svg] of await picturesOf(studies)) await write(name, svg);
  await write('ablation.md', formatStudies(studies));
  await write('ablation.json', `${JSON.stringify({ studies }, null, 2)}\n`);
}

/**
 * Makes tables and pictures from the files of seeds alone, which may be of several studies, and writes them to `out`.
 * Throws a UserError when `folder` has none.
 */
export async function summariseSeeds(folder: string, out: string): Promise<readonly GatheredStudy[]> {
  await requireWritable(out);
  const results = await readSeeds(folder);
  if (results.length === 0) {
    throw new UserError(
      `${folder} has no results of glit ablate; give a folder with files such as cifar10-cifar-seed0.json`,
    );
  }
  const studies = gather(results);
  await writeSummary(out, studies);
  return studies;
}
