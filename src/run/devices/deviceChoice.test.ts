import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { whyNoOpenVino } from '../../../test/openVino.js';
import { PRESETS } from '../../config/presets.js';
import { Interrupted } from '../../errors.js';
import { chooseDevice } from './deviceChoice.js';

const noOpenVino = await whyNoOpenVino();
const { demo } = PRESETS;
const small = {
  ...demo,
  device: { kind: 'auto' as const, threads: 1 },
  model: { ...demo.model, depth: 1 },
  retrain: { ...demo.retrain, recipe: { ...demo.retrain.recipe, batchSize: 4 } },
};

/** Does work with an OpenVINO that is not there. */
async function withoutOpenVino(work: () => Promise<void>): Promise<void> {
  const named = process.env['GLIT_OPENVINO'];
  process.env['GLIT_OPENVINO'] = '/no/such/folder';
  try {
    await work();
  } finally {
    if (named === undefined) delete process.env['GLIT_OPENVINO'];
    else process.env['GLIT_OPENVINO'] = named;
  }
}

describe('the choice of a device', () => {
  test('is ONNX Runtime where OpenVINO is missing, and says why', () =>
    withoutOpenVino(async () => {
      const { device, chosen } = await chooseDevice(small);
      assert.deepEqual(device, { kind: 'cpu', threads: 1 });
      const [first, second] = chosen.tried;
      assert.ok((first?.milliseconds ?? 0) > 0);
      assert.match(second?.refused ?? '', /^GLIT_OPENVINO names \/no\/such\/folder, which does not exist$/);
    }));

  test('is an error where no engine has the precision that is asked for', () =>
    withoutOpenVino(async () => {
      const asked = { ...small, device: { ...small.device, precision: 'bfloat16' as const } };
      await assert.rejects(chooseDevice(asked), {
        name: 'UserError',
        message:
          'no engine computes in bfloat16 here (cpu: it computes in float32; openvino: GLIT_OPENVINO names ' +
          '/no/such/folder, which does not exist); leave the precision out',
      });
    }));

  test('stops when it is asked to, and measures with the threads that it is given', async () => {
    await assert.rejects(chooseDevice(small, { signal: AbortSignal.abort() }), Interrupted);
    await assert.rejects(chooseDevice(small, { threads: 0 }), /a device needs .* not 0/);
  });

  test('measures OpenVINO where it is, and takes the faster', { skip: noOpenVino }, async () => {
    const { device, chosen } = await chooseDevice({ ...small, device: { ...small.device, precision: 'float32' } });
    const usable = chosen.tried.filter(({ refused }) => refused === undefined);
    assert.deepEqual(
      usable.map((each) => each.device),
      ['cpu', 'openvino'],
      'its results agree with those of ONNX Runtime',
    );
    const times = usable.map(({ milliseconds = Infinity }) => milliseconds);
    assert.equal(device.kind, usable[times.indexOf(Math.min(...times))]?.device);
  });
});
