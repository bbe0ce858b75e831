import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EACH_MPI, rankScript, startRanks } from '../../test/mpi.js';
import { shareOf } from './stepShare.js';

test('a step is shared out in equal parts, in the order of the ranks', () => {
  const shares = [0, 1, 2].map((rank) => shareOf(6, { rank, size: 3 }));
  assert.deepEqual(shares, [
    { first: 0, count: 2, of: 6 },
    { first: 2, count: 2, of: 6 },
    { first: 4, count: 2, of: 6 },
  ]);
  assert.throws(() => shareOf(4, { rank: 0, size: 3 }), /3 ranks cannot share the 4 batches/);
});

const [openMpi, mpich] = EACH_MPI;
for (const [{ skip, ...launcher }, ranks, cases] of [
  [openMpi, 2, 5],
  [openMpi, 3, 1],
  [mpich, 2, 1],
] as const) {
  test(`${ranks} ranks of ${launcher.name} train as one process that accumulates`, { skip }, async () => {
    const { ended } = startRanks(launcher, rankScript('training'), [String(cases)], { ranks });
    const { code, stdout, stderr } = await ended;
    assert.equal(code, 0, stderr);
    assert.equal(stdout.match(/rank \d is done/g)?.length, ranks);
  });
}
