import type { Command } from 'commander';
import { UserError } from '../../errors.js';
import { presetNames } from '../../family/families.js';
import { latenciesFrom, subjectOf } from '../../measure/latencyTable.js';
import { formatProfile, profileOf } from '../../measure/profile.js';
import { readArchitecture } from '../../modelfile/architectureFile.js';
import { openLatencyTable } from '../../run/latencyTable.js';
import type { Json } from '../../telemetry/events.js';
import { wholeNumber } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit profile ARCH`: the cost of an architecture, block by block. */
export function addProfile(program: Command): void {
  const command = program
    .command('profile')
    .argument('<architecture>', `a JSON file, or one of ${presetNames.join(', ')}`)
    .summary('parameters and multiply-adds of an architecture, block by block')
    .description('Counts parameters and multiply-adds of an architecture from the operators of its graph.')
    .option('--image-size <pixels>', 'of a preset (default: 224)')
    .option('--patch-size <pixels>', 'of a preset (default: 16)')
    .option('--classes <count>', 'of a preset (default: 1000)')
    .option('--latency-table <file>', 'also show latencies, by a table that glit latency measure wrote');
  addDisplayOptions(command);
  addExamples(command, [
    ['glit profile glit-tiny', 'the released architecture'],
    ['glit profile deit-tiny --image-size 32 --patch-size 4 --classes 10', 'a preset for other images'],
    ['glit profile runs/photos/architecture.json --json', 'the result of a search, for other programs'],
  ]);
  command.action((named: string) =>
    withEnvironment(command, async ({ display }) => {
      const { imageSize, patchSize, classes } = command.opts<{
        imageSize?: string;
        patchSize?: string;
        classes?: string;
      }>();
      const { latencyTable } = command.opts<{ latencyTable?: string }>();
      const sizes = Object.entries({ imageSize, patchSize, classes }).flatMap(([key, text]) =>
        text === undefined ? [] : [[key, wholeNumber(text, OPTION_OF[key] ?? key, 1)] as const],
      );
      if (sizes.length > 0 && !presetNames.includes(named)) {
        throw new UserError(`${OPTION_OF[sizes[0][0]] ?? ''} is for presets; ${named} has its own sizes`);
      }
      const architecture = await readArchitecture(named, Object.fromEntries(sizes));
      const latencies =
        latencyTable === undefined
          ? undefined
          : latenciesFrom(await openLatencyTable(latencyTable), subjectOf(architecture), latencyTable);
      const profile = profileOf(architecture, { latencies });
      display.show(formatProfile(profile).trimEnd(), {
        type: 'profile',
        ...(profile as unknown as Readonly<Record<string, Json>>),
      });
    }),
  );
}

const OPTION_OF: Readonly<Record<string, string>> = {
  imageSize: '--image-size',
  patchSize: '--patch-size',
  classes: '--classes',
};
