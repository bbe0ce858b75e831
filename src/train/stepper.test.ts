import assert from 'node:assert/strict';
import { test } from 'node:test';
import { tinyNetwork, TINY_RECIPE } from '../../test/support/tinyNetworks.js';
import { ALONE } from '../comm/communicator.js';
import { input } from '../graph/index.js';
import type { Device } from '../runtime/device.js';
import { createStepper } from './stepper.js';

/** A device that has room for the programs before `full`, and for no vectors. */
function crampedDevice(full: string | undefined, released: string[]): Device {
  const device = {
    compile: (_: Uint8Array, label: string) => {
      if (label === full) return Promise.reject(new Error('no room'));
      const signature = { inputs: [], outputs: [] };
      return Promise.resolve({ signature, release: () => Promise.resolve(released.push(label)) });
    },
    upload: () => Promise.reject(new Error('no room')),
  };
  return device as unknown as Device;
}

for (const [full, expected] of [
  ['training update', ['training gradient']],
  [undefined, ['training gradient', 'training update']],
] as const) {
  test(`a stepper without room for ${full ?? 'its gradient'} frees what it has compiled`, async () => {
    const released: string[] = [];
    const images = input('images', 'float32', [8, 3, 32, 32]);
    await assert.rejects(
      createStepper(crampedDevice(full, released), tinyNetwork(), images, {
        optimizer: TINY_RECIPE.optimizer,
        dropPath: false,
        batches: 2,
        ranks: ALONE,
      }),
      /no room/,
    );
    assert.deepEqual(released, expected);
  });
}
