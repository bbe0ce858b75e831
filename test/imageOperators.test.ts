import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  add,
  batchNorm2d,
  conv2d,
  gather,
  gradients,
  input,
  lower,
  maxPool2d,
  mean,
  mul,
  relu,
  reshape,
  roll,
  sum,
  type Value,
} from '../src/graph/index.js';
import { seeded } from '../src/random/rng.js';
import { openDevice, type DeviceKind } from '../src/runtime/device.js';
import { float32, sizeOf, type Shape, type Tensor } from '../src/tensor/tensor.js';
import { whyNoWebGpu } from './webGpu.js';

/** A small network with every operator of ResNets and Swin Transformers, its loss and the gradients of all its inputs. */
function lossAndGradients(): {
  readonly outputs: Readonly<Record<string, Value>>;
  readonly feeds: Record<string, Tensor>;
} {
  const random = seeded('image operators');
  const inputs: Value[] = [];
  const feeds: Record<string, Tensor> = {};
  const parameter = (shape: Shape): Value => {
    const name = `parameter${inputs.length}`;
    const value = input(name, 'float32', shape);
    inputs.push(value);
    feeds[name] = float32(
      shape,
      Array.from({ length: sizeOf(shape) }, () => random.uniform() - 0.5),
    );
    return value;
  };
  const images = parameter([2, 3, 16, 16]);
  const stem = conv2d(images, parameter([8, 3, 7, 7]), { stride: 2, padding: 3 });
  const { result } = batchNorm2d(stem, parameter([8]), parameter([8]));
  const pooled = maxPool2d(relu(result), { kernel: 3, stride: 2, padding: 1 });
  const wide = conv2d(pooled, parameter([24, 8, 3, 3]), { stride: 2, padding: 1, bias: parameter([24]) });
  const grouped = conv2d(wide, parameter([24, 4, 3, 3]), { padding: 1, groups: 6 });
  const mixed = conv2d(roll(grouped, [1, -1], [2, 3]), parameter([40, 24, 1, 1]));
  const biased = add(mixed, reshape(gather(parameter([3, 2]), [0, 2]), [1, 1, 2, 2]));
  const features = mean(biased, [2, 3]);
  const loss = sum(mul(features, features));
  const grads = gradients(loss, inputs).map((grad, at) => [`grad${at}`, grad] as const);
  return { outputs: { loss, ...Object.fromEntries(grads) }, feeds };
}

async function run(kind: DeviceKind): Promise<Readonly<Record<string, Tensor>>> {
  const { outputs, feeds } = lossAndGradients();
  const device = await openDevice({ kind, threads: 1 });
  const program = await device.compile(lower(outputs));
  const results = await program.run(feeds);
  await device.close();
  return results;
}

describe('the operators of convolutional networks', { skip: await whyNoWebGpu() }, () => {
  test('give on WebGPU what they give on the CPU', async () => {
    const [cpu, gpu] = [await run('cpu'), await run('webgpu')];
    for (const [name, { data }] of Object.entries(cpu)) {
      const expected = Array.from(data, Number);
      const largest = Math.max(...expected.map(Math.abs));
      // float32 carries 7 digits; the sums of a dozen layers lose two or three of them
      expected.forEach((value, at) => {
        assert.ok(Math.abs(value - Number(gpu[name].data[at])) <= 1e-4 * largest, `${name}, element ${at}`);
      });
    }
  });
});
