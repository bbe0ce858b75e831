import type { Command } from 'commander';
import { nameOf } from './commandName.js';
import { launchOf } from '../comm/launcher.js';
import { UserError } from '../errors.js';
import { ReportedElsewhere } from './failure.js';

/** Throws a UserError if a launcher started several processes of a command that works as one. */
export function requireOneProcess(command: Command): void {
  const launch = launchOf(process.env);
  if (launch === undefined) return;
  const mistake = new UserError(
    `${nameOf(command)} works as one process, but ${launch.launcher} started several; start it without ${launch.launcher}`,
  );
  throw launch.firstOnMachine ? mistake : new ReportedElsewhere(mistake);
}
