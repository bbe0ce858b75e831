import { Argument, type Command } from 'commander';
import { COMPLETIONS } from '../completion.js';
import { addDisplayOptions, addExamples, withEnvironment } from '../environment.js';

/** `glit completion`: what a shell needs to complete glit's commands and options. */
export function addCompletion(program: Command): void {
  const command = program
    .command('completion')
    .summary('write a completion script for a shell')
    .description('Writes a script that completes commands, options and their values in bash, zsh or fish.')
    .addArgument(new Argument('<shell>', 'whose script to write').choices(Object.keys(COMPLETIONS)));
  addDisplayOptions(command);
  addExamples(command, [
    ['glit completion bash >> ~/.bashrc', 'for every new shell; likewise zsh, in ~/.zshrc'],
    ['glit completion fish > ~/.config/fish/completions/glit.fish', 'for fish'],
  ]);
  command.action((shell: string) =>
    withEnvironment(command, async ({ display }) => {
      const script = COMPLETIONS[shell](program);
      display.show(script, { type: 'completion', shell, script });
    }),
  );
}
