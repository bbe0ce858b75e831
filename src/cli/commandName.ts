import type { Command } from 'commander';

/** A command as it is called: `glit data check`. */
export function nameOf(command: Command): string {
  return command.parent === null ? command.name() : `${nameOf(command.parent)} ${command.name()}`;
}
