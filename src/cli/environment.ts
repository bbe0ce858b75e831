import { type Command, Option } from 'commander';
import { launchOf } from '../comm/launcher.js';
import { openDisplay, type Display } from './display.js';
import { requireOneProcess } from './oneProcess.js';
import { listenForInterruption } from './interruption.js';

/** What a command works with, apart from its own options. */
export interface Environment {
  readonly display: Display;
  /** Aborted when the user asks to stop. */
  readonly signal: AbortSignal;
}

/** Adds the options that every command has. */
export function addDisplayOptions(command: Command): Command {
  const heading = 'Output:';
  return command
    .addOption(new Option('--json', 'one JSON object per line on stdout, and nothing else').helpGroup(heading))
    .addOption(new Option('--quiet', 'no progress, only results').helpGroup(heading))
    .addOption(new Option('--debug', 'print the stack trace of a bug in glit (also: GLIT_DEBUG=1)').helpGroup(heading));
}

/** Examples at the end of a command's help: a command line, and what it does. */
export function addExamples(command: Command, examples: readonly (readonly [line: string, does: string])[]): Command {
  const lines = examples.map(([line, does]) => `  # ${does}\n  $ ${line}\n`);
  return command.addHelpText('after', `\nExamples:\n${lines.join('')}`);
}

/**
 * Runs a command's work with a display, handles Ctrl-C, and restores the terminal afterwards. Throws a UserError if a launcher
 * started several processes of it, unless they are to work together.
 */
export async function withEnvironment(
  command: Command,
  work: (environment: Environment) => Promise<void>,
  { together = false } = {},
): Promise<void> {
  if (!together) requireOneProcess(command);
  const { json, quiet } = command.opts<{ json?: boolean; quiet?: boolean }>();
  const interruption = listenForInterruption();
  // Launchers give processes a terminal of their own, and pass on what they write.
  const display = openDisplay(process, { json, quiet, direct: launchOf(process.env) === undefined });
  try {
    await work({ display, signal: interruption.signal });
  } finally {
    display.close();
    interruption.end();
  }
}
