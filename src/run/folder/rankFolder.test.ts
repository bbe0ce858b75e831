import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { ALONE, type Communicator } from '../../comm/communicator.js';
import { isAlive, thisProcess } from './processIdentity.js';
import { rankFolder } from './rankFolder.js';
import { RunFolder } from './runFolder.js';

/** A rank beside one whose run folder is empty. */
const second: Communicator = {
  ...ALONE,
  rank: 1,
  size: 2,
  broadcast: () => Promise.resolve(new TextEncoder().encode('{"value":[]}')),
};

const folders = ['dead', 'alive', 'elsewhere', 'unknown'].map((name) =>
  join(tmpdir(), `glit-rank-test-${process.pid}-${name}`),
);
after(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test(
  'a process that has ended is dead, also before its parent has asked how',
  { skip: process.platform !== 'linux' },
  async () => {
    // The shell's child ends at once, and the shell, which sleeps, does not ask.
    const shell = spawn('sh', ['-c', 'sleep 0 & echo $!; exec sleep 30'], { stdio: ['ignore', 'pipe', 'ignore'] });
    const [output] = (await once(shell.stdout, 'data')) as [Buffer];
    const pid = Number(output.toString());
    const ended = { ...thisProcess(), pid, processStart: null };
    for (let tries = 0; isAlive(ended) && tries < 100; tries++) await setTimeout(20);
    assert.equal(isAlive(ended), false);
    shell.kill();
  },
);

test('a rank removes what killed ranks of its machine left, and nothing else', async () => {
  const child = spawn(process.execPath, ['--eval', '']);
  await once(child, 'exit');
  const dead = { ...thisProcess(), pid: Number(child.pid), processStart: null };
  const owners = [dead, thisProcess(), { ...dead, host: `not ${dead.host}` }, undefined];
  folders.forEach((folder, at) => {
    mkdirSync(folder);
    if (owners[at] !== undefined) writeFileSync(join(folder, 'owner.json'), JSON.stringify(owners[at]));
  });
  const { path, remove } = await rankFolder(second, 'nowhere');
  assert.deepEqual(folders.map(existsSync), [false, true, true, true]);
  assert.deepEqual(JSON.parse(readFileSync(join(dirname(path), 'owner.json'), 'utf8')), thisProcess());
  await RunFolder.requireFree(path);
  await remove();
  assert.ok(!existsSync(dirname(path)));
});
