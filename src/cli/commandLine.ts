import { Command } from 'commander';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { nameOf } from './commandName.js';
import { addAblate } from './commands/ablate.js';
import { addCompletion } from './commands/completion.js';
import { addConvert } from './commands/convert.js';
import { addDashboard } from './commands/dashboard.js';
import { addData } from './commands/data.js';
import { addDemo } from './commands/demo.js';
import { addEval } from './commands/eval.js';
import { addExplain } from './commands/explain.js';
import { addExport } from './commands/export.js';
import { addLatency } from './commands/latency.js';
import { addPredict } from './commands/predict.js';
import { addProfile } from './commands/profile.js';
import { addRetrain } from './commands/retrain.js';
import { addRun } from './commands/run.js';
import { addSearch } from './commands/search.js';
import { addTrain } from './commands/train.js';
import { addTrust } from './commands/trust.js';
import { addExamples } from './environment.js';
import { shellWord, show, UserError } from '../errors.js';
import { endingOf, report } from './failure.js';
import { surviveLostOutput } from './output.js';
import { version } from '../run/version.js';

/** All commands, under the headings of the help. */
const COMMANDS = {
  'Search and train:': [addDemo, addRun, addSearch, addRetrain, addTrain],
  'Watch and check a search:': [addDashboard, addTrust, addAblate],
  'Use a model:': [addEval, addPredict, addExplain, addExport, addConvert, addProfile],
  'Prepare:': [addData, addLatency, addCompletion],
};

/** Runs `glit` with these arguments and returns the exit code. Any failure is reported in one line on stderr. */
export async function runCommandLine(args: readonly string[]): Promise<number> {
  const debug = args.includes('--debug') || (process.env['GLIT_DEBUG'] ?? '') !== '';
  const fail = (error: unknown): number => report(endingOf(error, debug), args.includes('--json'));
  const requireOutput = surviveLostOutput();
  // An error outside any command, such as in a listener: the process's state is unknown.
  process.on('uncaughtException', (error) => process.exit(fail(error)));
  try {
    await program().parseAsync(args, { from: 'user' });
    // Streams report the failure of a write after it.
    await setImmediate();
    requireOutput();
    return 0;
  } catch (error) {
    return fail(error);
  }
}

/** All commands; each inherits the settings made here. */
function program(): Command {
  const glit = new Command('glit')
    .description(
      'Neural architecture search for vision transformers: from a folder of images to a verified ONNX model.',
    )
    .version(version)
    .exitOverride()
    .showSuggestionAfterError()
    // Refused below, with a next step.
    .allowExcessArguments()
    .hook('preAction', (_, command) => refuseExcess(command))
    // An error is reported where all others are.
    .configureOutput({ outputError: () => undefined });
  addExamples(glit, [
    ['glit demo', 'see the whole thing work, in minutes'],
    ['glit run --data photos --max-macs 20M', 'your images, your budget'],
    ['glit dashboard', 'watch runs in a browser'],
    ['glit predict --model runs/photos/best.onnx new.jpg', 'use what was found'],
    ['glit run --help', 'every option of a command'],
  ]);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    glit.commandsGroup(heading);
    for (const add of commands) add(glit);
  }
  return glit;
}

/** Throws a UserError for an argument that the command has no place for: likely a folder without its option. */
function refuseExcess(command: Command): void {
  const { registeredArguments: known, options, args } = command;
  if (args.length <= known.length || known.at(-1)?.variadic === true) return;
  const extra = args[known.length];
  const takes = (name: string): boolean => options.some(({ long }) => long === name);
  const isRun = ['config.yaml', 'study.yaml'].some((file) => existsSync(join(extra, file)));
  const next =
    isRun && takes('--resume')
      ? `continue it with --resume ${shellWord(extra)}`
      : takes('--data')
        ? `give images with --data ${shellWord(extra)}`
        : `see ${nameOf(command)} --help`;
  throw new UserError(`${nameOf(command)} takes no ${show(extra)}; ${next}`);
}
