import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CommanderError } from 'commander';
import { Interrupted, UserError } from '../errors.js';
import { CheckFailed, ReportedElsewhere, endingOf } from './failure.js';

describe('the end of a command that fails', () => {
  test('is a line and exit code 2 for a mistake', () => {
    assert.deepEqual(endingOf(new UserError('a\n  b'), true), { code: 2, line: 'a b' });
    const denied = Object.assign(new Error("EACCES: permission denied, mkdir '/x'"), { code: 'EACCES' });
    assert.deepEqual(endingOf(denied, false), { code: 2, line: denied.message });
  });

  test('is exit code 130 for an interruption', () => {
    assert.deepEqual(endingOf(new Interrupted(), false), { code: 130, line: 'interrupted' });
    const again = 'interrupted; continue with: glit run --resume runs/CIFAR';
    assert.deepEqual(endingOf(new Interrupted(again), false), { code: 130, line: again });
  });

  test('is a line for what commander refuses; help is no failure', () => {
    const unknown = new CommanderError(
      1,
      'commander.unknownOption',
      "error: unknown option '--x'\n(Did you mean --y?)",
    );
    assert.deepEqual(endingOf(unknown, false), { code: 2, line: "unknown option '--x' (Did you mean --y?)" });
    assert.deepEqual(endingOf(new CommanderError(1, 'commander.help', '(outputHelp)'), false), { code: 2 });
    assert.deepEqual(endingOf(new CommanderError(0, 'commander.helpDisplayed', ''), false), { code: 0 });
  });

  test('is only an exit code where another line says why', () => {
    assert.deepEqual(endingOf(new CheckFailed(), true), { code: 1 });
    assert.deepEqual(endingOf(new ReportedElsewhere(new UserError('no MPI')), true), { code: 2 });
    assert.deepEqual(endingOf(new ReportedElsewhere(new Error('a bug')), true), { code: 1 });
  });

  test('is exit code 1 for a bug, with the stack on request', () => {
    const fault = new Error('no such thing');
    const { code, line } = endingOf(fault, false);
    assert.equal(code, 1);
    assert.match(line ?? '', /^no such thing \(this is a bug in glit; please report it with the output of --debug\)$/);
    assert.deepEqual(endingOf(fault, true), { code: 1, line: fault.stack });
    assert.deepEqual(endingOf('text', false), { code: 1, line: 'text' });
  });
});
