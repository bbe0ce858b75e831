import type { Command } from 'commander';
import { dirname } from 'node:path';
import { writeFileAtomically } from '../../checkpoint/atomicFile.js';
import { makeFolder, requireNewFile } from '../../checkpoint/freeFolder.js';
import { checkSearchConfig } from '../../config/check.js';
import type { Config } from '../../config/config.js';
import { Interrupted } from '../../errors.js';
import { measureTable } from '../../latency/measureTable.js';
import { formatLatencyTable } from '../../measure/latencyTable.js';
import { seeded } from '../../random/rng.js';
import { backboneOf, spaceSettingsOf } from '../../run/levels/hierarchicalSearch.js';
import { chooseDevice } from '../../run/devices/deviceChoice.js';
import { settledDevice } from '../../run/devices/settledDevice.js';
import { openDevice, type DeviceOptions } from '../../runtime/device.js';
import { allBlocks } from '../../space/searchSpaces.js';
import type { Json, Listener } from '../../telemetry/events.js';
import { deviceOptions, modelOptions, seedOption, spaceOption } from '../configOptions.js';
import {
  addConfigGroups,
  addPresetOptions,
  addSetOption,
  configOf,
  givenLayers,
  optionsOf,
  presetForImages,
  type OptionGroups,
} from '../givenConfig.js';
import { wholeNumber } from '../deviceOptions.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';
import { describeTable } from '../latencyWording.js';

const groups: OptionGroups = {
  'Networks:': [...modelOptions, spaceOption],
  'Machine:': deviceOptions,
  'Random:': [seedOption],
};
const options = optionsOf(groups);

/** `glit latency`: how long networks take on this machine. */
export function addLatency(program: Command): void {
  const latency = program
    .command('latency')
    .summary('measure how long networks take here')
    .description('Measures how long networks take on this machine.');
  addExamples(latency, [['glit latency measure --preset cifar --out latency.json', 'a table for --max-latency']]);
  addMeasure(latency);
}

/** `glit latency measure`: a table of the latencies of all blocks of a search space. */
function addMeasure(latency: Command): void {
  const command = latency
    .command('measure')
    .summary('time all blocks of a search space and write them to a table')
    .description(
      'Times networks made of all blocks that a search may choose, fits the latency of every block to them, checks the ' +
        'predictions on other networks, and writes a table for --latency-table of glit run and glit search. Give the ' +
        'model, space, threads and --classes of that run. Measure on the machine that the network is for, while nothing else runs.',
    )
    .requiredOption('--out <file>', 'the table to write, JSON')
    .option('--classes <count>', 'classes of your images (default: 10, or 1000 for the preset paper)')
    .option('--batch <images>', 'images per run', '1')
    .option('--repeats <count>', 'rounds in which every network is timed', '25')
    .option('--warmup <runs>', 'runs of every network before the first round', '5');
  addConfigGroups(command, groups);
  addSetOption(addPresetOptions(command));
  addDisplayOptions(command);
  addExamples(command, [
    ['glit latency measure --preset cifar --threads 1 --out latency.json', 'one thread, one image at a time'],
    ['glit run --data photos --threads 1 --max-latency 2.5ms --latency-table latency.json', 'then search with it'],
  ]);
  command.action(() =>
    withEnvironment(command, async ({ display, signal }) => {
      const given = command.opts<{
        out: string;
        preset?: string;
        classes?: string;
        batch: string;
        repeats: string;
        warmup: string;
      }>();
      const layers = await givenLayers(command, options);
      const { preset = presetForImages(layers) } = given;
      const classes = wholeNumber(given.classes ?? (preset === 'paper' ? '1000' : '10'), '--classes', 1);
      const settings = {
        batch: wholeNumber(given.batch, '--batch', 1),
        rounds: wholeNumber(given.repeats, '--repeats', 1),
        warmUp: wholeNumber(given.warmup, '--warmup', 0),
      };
      const config = configOf(command, layers);
      checkSearchConfig(config);
      await requireNewFile(given.out);
      const device = await openDevice(await deviceOf(config, display.listen, signal));
      try {
        const space = allBlocks(config.space.lowLevel, spaceSettingsOf(config));
        const table = await measureTable(device, backboneOf(config, classes), space, {
          ...settings,
          rng: seeded(config.seed).fork('latency'),
          emit: display.listen,
          signal,
        });
        await makeFolder(dirname(given.out));
        await writeFileAtomically(given.out, formatLatencyTable(table));
        display.show(`${describeTable(table)}\nwritten to ${given.out}`, {
          type: 'latencyTable',
          ...(table as unknown as Readonly<Record<string, Json>>),
        });
      } catch (error) {
        throw error instanceof Interrupted ? new Interrupted('interrupted; nothing was written') : error;
      } finally {
        await device.close();
      }
    }),
  );
}

/** The device to measure on: that of the configuration, or the one that is chosen for `auto`. */
async function deviceOf(config: Config, emit: Listener, signal: AbortSignal): Promise<DeviceOptions> {
  if (config.device.kind !== 'auto') return settledDevice(config.device);
  const { device, chosen } = await chooseDevice(config, { signal });
  emit(chosen);
  return device;
}
