import type { Command } from 'commander';
import { checkData } from '../../loader/dataCheck.js';
import type { Json } from '../../telemetry/events.js';
import { formatDataReport } from '../dataReport.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';
import { CheckFailed } from '../failure.js';

/** `glit data`: work on a data set itself. */
export function addData(program: Command): void {
  const data = program.command('data').summary('look into a data set').description('Looks into a data set.');
  addExamples(data, [['glit data check photos', 'is everything in order?']]);
  addCheck(data);
}

/** `glit data check DIR`: what a data set contains, and what is wrong with it. */
function addCheck(data: Command): void {
  const command = data
    .command('check')
    .argument('<folder>', 'class folders, CIFAR binary files, IDX files, .tar shards or .parquet files')
    .summary('decode every image and report what is wrong')
    .description(
      'Decodes every image of a data set. Reports its format, classes, image sizes, channels and duplicate images. Exits with code 1 if an image cannot be read, a test image is also a training image, or a class has no images.',
    );
  addDisplayOptions(command);
  addExamples(command, [
    ['glit data check photos', 'before a long run'],
    ['glit data check photos --json --quiet', 'every finding, for other programs to read'],
  ]);
  command.action((folder: string) =>
    withEnvironment(command, async ({ display, signal }) => {
      const report = await checkData(folder, { emit: display.listen, signal });
      display.show(formatDataReport(folder, report), {
        type: 'dataCheck',
        ok: report.problems.length === 0,
        ...(report as unknown as Readonly<Record<string, Json>>),
      });
      if (report.problems.length > 0) throw new CheckFailed();
    }),
  );
}
