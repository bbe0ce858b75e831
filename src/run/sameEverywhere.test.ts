import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { tinyDataset } from '../../test/support/tinyNetworks.js';
import { ALONE, type Communicator } from '../comm/communicator.js';
import type { Config } from '../config/config.js';
import { PRESETS } from '../config/presets.js';
import { UserError } from '../errors.js';
import { checkSameEverywhere } from './sameEverywhere.js';

type Inputs = Readonly<Record<string, string>>;

const { demo } = PRESETS;
const dataset = tinyDataset();

/** The check of rank 1, after rank 0 has sent what it has. */
async function checked(first: readonly [Config, Inputs], second: readonly [Config, Inputs]): Promise<void> {
  let sent = new Uint8Array(0);
  const rankOf = (rank: number): Communicator => ({
    ...ALONE,
    rank,
    size: 2,
    broadcast: (_, bytes) => Promise.resolve(rank === 0 ? (sent = Uint8Array.from(bytes)) : sent),
  });
  await checkSameEverywhere(rankOf(0), first[0], dataset, () => first[1]);
  await checkSameEverywhere(rankOf(1), second[0], dataset, () => second[1]);
}

describe('ranks', () => {
  const at = (device: Config['device']): Config => ({ ...demo, device });

  test('may have their own threads and engines', async () => {
    await checked([at({ kind: 'cpu', threads: 1 }), { table: 'a' }], [at({ kind: 'cpu', engines: 2 }), { table: 'a' }]);
  });

  const cases: readonly (readonly [
    what: string,
    first: readonly [Config, Inputs],
    second: readonly [Config, Inputs],
  ])[] = [
    ['configuration', [at({ kind: 'openvino' }), {}], [at({ kind: 'openvino', precision: 'bfloat16' }), {}]],
    ['latency table', [demo, { 'latency table': 'a' }], [demo, { 'latency table': 'b' }]],
    ['start weights', [demo, {}], [demo, { 'start weights': 'a' }]],
    ['start weights', [demo, { 'start weights': 'a' }], [demo, {}]],
  ];
  for (const [what, first, second] of cases) {
    test(`must have the same ${what}`, async () => {
      await assert.rejects(checked(first, second), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, new RegExp(`^the ${what} of rank 1 is not that of rank 0; give all machines`));
        return true;
      });
    });
  }
});
