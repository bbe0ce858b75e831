import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { Command, Option } from 'commander';
import { COMPLETIONS } from './completion.js';

const program = new Command('glit');
program
  .command('run')
  .summary("a run's start")
  .option('--data <folder>', 'images: [all] of them')
  .addOption(new Option('--preset <name>', 'what to start from').choices(['demo', 'smoke']))
  .option('--quiet', 'no progress')
  .addOption(new Option('--secret', 'for tests').hideHelp());
program.command('data').summary('data sets').command('check').summary('check one').option('--json', 'as JSON');

/** What bash offers for the last of these words. */
function offered(...words: readonly string[]): readonly string[] {
  const script = `cd '${folder}'
${COMPLETIONS.bash(program)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')})
COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))
_glit
printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, stdout, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return stdout.split('\n').filter((line) => line !== '');
}

const lacking = (shell: string): string | false =>
  spawnSync(shell, ['--version']).status === 0 ? false : `there is no ${shell} here`;

const folder = mkdtempSync(join(tmpdir(), 'glit-completion-'));
after(() => rmSync(folder, { recursive: true }));

describe('completion', () => {
  // Windows has no bash of its own.
  if (process.platform !== 'win32') {
    test('in bash offers commands, options and values', () => {
      assert.deepEqual(offered('glit', ''), ['run', 'data']);
      assert.deepEqual(offered('glit', 'run', '--'), ['--data', '--preset', '--quiet']);
      assert.deepEqual(offered('glit', 'run', '--preset', 's'), ['smoke']);
      assert.deepEqual(offered('glit', 'run', '--data', '/et'), ['/etc']);
      assert.deepEqual(offered('glit', 'data', ''), ['check']);
      assert.deepEqual(offered('glit', 'data', 'check', '--j'), ['--json']);
    });

    test('in bash offers names with spaces whole, and marks only files as such', () => {
      mkdirSync(join(folder, 'my photos'));
      assert.deepEqual(offered('glit', 'run', '--data', 'my'), ['my photos']);
      assert.deepEqual(offered('glit', 'data', 'check', 'my'), ['my photos']);
      assert.match(COMPLETIONS.bash(program), /^complete -F _glit glit$/m);
    });
  }

  for (const shell of ['zsh', 'fish']) {
    if (lacking(shell) === false) {
      test(`in ${shell} is a script that the shell accepts`, () => {
        const file = join(folder, shell);
        writeFileSync(file, COMPLETIONS[shell](program));
        const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' });
        assert.equal(status, 0, stderr);
      });
    }
    test(`in ${shell} describes every command and option, with what is special escaped`, () => {
      const script = COMPLETIONS[shell](program);
      for (const text of ['preset', 'demo smoke', "a run'\\''s start", 'check']) assert.ok(script.includes(text), text);
      assert.ok(!script.includes('secret'));
    });
  }
});
