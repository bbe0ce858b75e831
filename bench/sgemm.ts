import { encodeModel } from '../src/onnx/model.js';
import type { Device } from '../src/runtime/device.js';
import { float32 } from '../src/tensor/tensor.js';
import { timed, type Subject } from './timing.js';

const SIDE = 2048;

/** Floating-point operations of one {@link sgemm}. */
export const SGEMM_FLOP = 2 * SIDE ** 3;

/** ONNX Runtime's product of two 2048 × 2048 matrices: the machine's speed, as the yardstick for everything else. */
export async function sgemm(device: Device): Promise<Subject> {
  const shape = [SIDE, SIDE];
  const matrix = (name: string) => ({ name, dtype: 'float32' as const, shape });
  const model = encodeModel({
    graph: {
      name: 'sgemm',
      nodes: [
        { opType: 'MatMul', input: ['a', 'b'], output: ['product'] },
        // return one number, so that copying the result is not measured
        { opType: 'ReduceMax', input: ['product'], output: ['largest'] },
      ],
      initializers: [],
      inputs: [matrix('a'), matrix('b')],
      outputs: [{ name: 'largest', dtype: 'float32' }],
    },
  });
  const program = await device.compile(model, 'sgemm');
  const values = float32(
    shape,
    Float32Array.from({ length: SIDE * SIDE }, (_, at) => ((at * 7919) % 1013) / 1013 - 0.5),
  );
  const inputs = { a: await device.upload(values), b: await device.upload(values) };
  return timed('sgemm', () => program.run(inputs));
}
