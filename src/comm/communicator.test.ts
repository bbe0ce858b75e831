import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { EACH_MPI, rankScript, startRanks } from '../../test/mpi.js';
import { UserError } from '../errors.js';
import { ALONE } from './communicator.js';
import { agreed, gathered, sharedOut } from './exchange.js';
import { launchOf } from './launcher.js';
import { openCommunicator } from './openCommunicator.js';

describe('a process of its own', () => {
  test('is one rank, which keeps what it has', async () => {
    const ranks = await openCommunicator({});
    assert.equal(ranks, ALONE);
    const values = Float32Array.of(1, 2);
    await ranks.allReduce(values);
    assert.deepEqual(values, Float32Array.of(1, 2));
    assert.deepEqual(await ranks.broadcast(0, Uint8Array.of(3)), Uint8Array.of(3));
    assert.deepEqual(await agreed(ranks, () => 'mine'), 'mine');
    assert.deepEqual(await gathered(ranks, 5), [5]);
    assert.deepEqual(
      await sharedOut(ranks, [1, 2, 3], (share) => Promise.resolve(share.map((item) => 2 * item))),
      [2, 4, 6],
    );
    await ranks.barrier();
    await ranks.close();
  });
});

describe('a launcher', () => {
  const cases: readonly (readonly [string, Record<string, string>, string, number | undefined, string])[] = [
    ['Open MPI', { OMPI_COMM_WORLD_SIZE: '4', PMIX_RANK: '0' }, "Open MPI's mpirun", 4, 'libmpi.so.40'],
    ['MPICH', { PMI_SIZE: '2', PMI_RANK: '1' }, "MPICH's mpirun", 2, 'libmpich.so.12'],
    ['Slurm', { SLURM_STEP_NUM_TASKS: '3', PMIX_RANK: '2' }, 'srun', 3, 'libmpi.so.40'],
    ['one that says no size', { PMIX_RANK: '0' }, 'a PMIx launcher', undefined, 'libmpi.so.40'],
  ];
  for (const [what, environment, launcher, size, library] of cases) {
    test(`is recognised by its environment: ${what}`, () => {
      const launch = launchOf(environment);
      assert.deepEqual([launch?.launcher, launch?.size, launch?.libraries[0]], [launcher, size, library]);
      assert.deepEqual(launchOf({ ...environment, GLIT_MPI: '/opt/libmpi.so' })?.libraries, ['/opt/libmpi.so']);
    });
  }

  test('of one process needs no MPI, nor does a batch script of Slurm', () => {
    assert.equal(launchOf({ OMPI_COMM_WORLD_SIZE: '1' }), undefined);
    assert.equal(launchOf({ SLURM_JOB_ID: '1', SLURM_NTASKS: '4', SLURM_PROCID: '0' }), undefined);
  });

  test('without an MPI library is an error that says what to install', async () => {
    const environment = { OMPI_COMM_WORLD_SIZE: '4', GLIT_MPI: '/nowhere/libmpi.so' };
    await assert.rejects(openCommunicator(environment), (error) => {
      assert.ok(error instanceof UserError);
      assert.match(
        error.message,
        /mpirun started 4 processes, but there is no MPI library \(.*nowhere.*\); install it/,
      );
      assert.ok(!error.message.includes('\n'));
      return true;
    });
  });
});

for (const { skip, ...launcher } of EACH_MPI) {
  describe(`ranks of ${launcher.name}`, { skip }, () => {
    for (const ranks of [2, 3]) {
      test(`sum, broadcast and wait as ${ranks} should`, async () => {
        const { ended } = startRanks(launcher, rankScript('collectives'), [String(ranks)], { ranks });
        const { code, stdout, stderr } = await ended;
        assert.equal(code, 0, stderr);
        assert.equal(stdout.match(/rank \d is done/g)?.length, ranks);
      });
    }
  });
}

const [openMpi] = EACH_MPI;
for (const [asked, calls] of [
  ['both', 0],
  ['one', 1],
] as const) {
  test(
    `ranks stop at the same call when a signal comes while one waits: to ${asked}`,
    { skip: openMpi.skip },
    async () => {
      const { stdout, stderr } = await startRanks(openMpi, rankScript('interrupted'), [asked]).ended;
      for (const rank of [0, 1]) assert.match(stdout, new RegExp(`rank ${rank} stops after ${calls} calls`), stderr);
    },
  );
}

test('a process that a PMIx launcher started alone leaves the job as it should', { skip: openMpi.skip }, async () => {
  const { code, stderr } = await startRanks(openMpi, rankScript('alone'), [], { ranks: 1 }).ended;
  assert.equal(code, 0, stderr);
});

test('ranks whose launcher and library do not belong together say so', { skip: openMpi.skip }, async () => {
  // To a library that does not know its launcher, a process is alone.
  const { code, stderr } = await startRanks(openMpi, rankScript('collectives'), ['2'], {
    environment: { GLIT_MPI: 'libmpich.so.12' },
  }).ended;
  assert.notEqual(code, 0);
  assert.match(stderr, /Open MPI's mpirun started 2 processes, but their MPI library sees 1; use the mpirun/);
});
