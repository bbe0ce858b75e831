/** Ranks that reach each other only over a network: each in a network namespace with an address of its own. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { EACH_MPI, rankScript, startRanks, type Launcher } from './mpi.js';

const [openMpi] = EACH_MPI;
const names = ['a', 'b'].map((end) => `glit-${process.pid}-${end}`);
const cards = ['a', 'b'].map((end) => `g${process.pid}${end}`);
const addresses = ['10.77.0.1', '10.77.0.2'];

function ip(...args: readonly string[]): boolean {
  return spawnSync('ip', args).status === 0;
}

function whyNoNamespaces(): string | false {
  const made = ip('netns', 'add', names[0]) && ip('netns', 'del', names[0]);
  return made ? false : 'not available here: Namespaces (ip netns add needs iproute2 and root)';
}

describe('ranks in two network namespaces', { skip: openMpi.skip || whyNoNamespaces() }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'glit-namespaces-'));
  // What mpirun calls for another host, as it would call ssh: with the host and a command.
  const agent = join(folder, 'agent.sh');
  before(() => {
    const enter = `ip netns exec ${names[1]} unshare --uts`;
    writeFileSync(agent, `#!/bin/sh\nshift\nexec ${enter} sh -c "hostname ${names[1]}; $*"\n`, { mode: 0o755 });
    names.forEach((name) => ip('netns', 'add', name));
    ip('link', 'add', cards[0], 'netns', names[0], 'type', 'veth', 'peer', 'name', cards[1], 'netns', names[1]);
    names.forEach((name, at) => {
      ip('-n', name, 'addr', 'add', `${addresses[at]}/24`, 'dev', cards[at]);
      for (const card of ['lo', cards[at]]) ip('-n', name, 'link', 'set', card, 'up');
    });
  });
  after(() => {
    names.forEach((name) => ip('netns', 'del', name));
    rmSync(folder, { recursive: true });
  });

  test('train as one process does, and their gradients cross the network', async () => {
    const network = '10.77.0.0/24';
    const settings = {
      btl: 'tcp,self',
      btl_tcp_if_include: network,
      oob_tcp_if_include: network,
      plm_rsh_agent: agent,
    };
    const apart: Launcher = {
      name: openMpi.name,
      command: 'ip',
      argumentsFor: () => [
        ...['netns', 'exec', names[0], openMpi.command, '-n', '2', '--host', addresses.join()],
        ...['--allow-run-as-root', '--bind-to', 'none'],
        ...Object.entries(settings).flatMap(([key, value]) => ['--mca', key, value]),
      ],
    };
    const { code, stdout, stderr } = await startRanks(apart, rankScript('training'), ['1']).ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout.match(/rank \d is done/g)?.length, 2);
    const counters = ['netns', 'exec', names[0], 'cat', `/sys/class/net/${cards[0]}/statistics/tx_bytes`];
    const sent = Number(spawnSync('ip', counters, { encoding: 'utf8' }).stdout);
    // Five steps of about 6,000 parameters, and their state at the end.
    assert.ok(sent > 100_000, `${sent} bytes`);
  });
});
