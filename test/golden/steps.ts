import { add, constant, input, lower, mul, pullBack, type Value } from '../../src/graph/index.js';
import { forward, groupsOf, type Network } from '../../src/model/network.js';
import { fedGroup, inputName, outputName, trainingPhases, type Vector } from '../../src/model/sources.js';
import type { Device } from '../../src/runtime/device.js';
import { scalar, zeros, type Tensor } from '../../src/tensor/tensor.js';
import { adamw } from '../../src/train/adamw.js';
import { crossEntropy } from '../../src/train/loss.js';
import type { NetworkState } from '../../src/train/state.js';
import { trainingStep } from '../../src/train/step.js';
import { length } from './comparison.js';
import type { ZeroGradients } from './zeroGradients.js';

/** Makes one step on a state and tells loss, logits and norm of the gradient. */
export type Step = (
  state: NetworkState,
  batch: Readonly<Record<'images' | 'targets', Tensor>>,
  scalars: Readonly<Record<string, Tensor>>,
) => Promise<Readonly<Record<'loss' | 'logits' | 'gradientNorm', Tensor>>>;

/** The step as the trainer makes it: one program. */
export async function fusedSteps(
  device: Device,
  network: Network,
  images: Value,
  settings: { readonly averageDecay?: number; readonly clipNorm?: number },
): Promise<Step> {
  const program = await device.compile(trainingStep(network, images, { dropPath: false, ...settings }), 'training step');
  const [inputs, outputs] = [program.signature.inputs, program.signature.outputs].map((infos) =>
    infos.map(({ name }) => name),
  );
  return (state, batch, scalars) =>
    program.run(
      { ...state.inputs(inputs), ...batch, ...scalars },
      { outputs: ['loss', 'logits', 'gradientNorm'], updates: state.updates(path(network), outputs) },
    );
}

/** The step in two programs, so that gradients that are only noise can be set to 0 in between. */
export async function separateSteps(
  device: Device,
  network: Network,
  images: Value,
  { averageDecay, zero }: { readonly averageDecay: number; readonly zero: ZeroGradients },
): Promise<Step> {
  const groups = groupsOf(network);
  const [trunk, ...blocks] = groups.map(fedGroup);
  const { logits, buffers } = forward(network, {
    images,
    trunk,
    choices: blocks.map((block) => [block]),
    phases: trainingPhases(blocks.length, input('momentum', 'float32', [])),
  });
  const loss = crossEntropy(logits, input('targets', 'float32', logits.shape));
  const slopes = pullBack(
    [loss],
    [constant(1)],
    [trunk, ...blocks].map(({ parameters }) => parameters),
  );
  const results: Record<string, Value> = { loss, logits };
  groups.forEach(({ prefix }, at) => (results[`${prefix}gradient`] = slopes[at] as Value));
  buffers.forEach((value, position) => {
    if (value !== undefined) results[outputName(position, 'buffers')] = value;
  });
  const gradient = await device.compile(lower(results), 'gradient');
  const update = await device.compile(lower(updates(network, averageDecay)), 'update');

  const names = (infos: readonly { readonly name: string }[]): string[] => infos.map(({ name }) => name);
  return async (state, batch, { momentum, ...rates }) => {
    const found = await gradient.run(
      { ...state.inputs(names(gradient.signature.inputs)), ...batch, momentum },
      { updates: state.updates(path(network), names(gradient.signature.outputs)) },
    );
    const gradients = groups.map((group) => {
      const flat = found[`${group.prefix}gradient`] as Tensor<'float32'>;
      const named = group.unpack(flat, zeros('float32', [group.bufferSize]));
      const cleared = new Map([...named].map(([name, value]) => [name, zero.cleared(name, value)]));
      return [`${group.prefix}gradient`, group.pack(cleared).parameters] as const;
    });
    await update.run(
      { ...state.inputs(names(update.signature.inputs)), ...rates, ...Object.fromEntries(gradients) },
      { outputs: [], updates: state.updates(path(network), names(update.signature.outputs)) },
    );
    const squares = gradients.map(([, { data }]) => length(Float64Array.from(data)) ** 2);
    return {
      loss: found['loss'],
      logits: found['logits'],
      gradientNorm: scalar(Math.sqrt(squares.reduce((a, b) => a + b))),
    };
  };
}

/** AdamW and the moving averages, from gradients that are fed. */
function updates(network: Network, averageDecay: number): Record<string, Value> {
  const outputs: Record<string, Value> = {};
  const [stepSize, secondCorrection, keep] = ['stepSize', 'secondCorrection', 'decayFactor'].map((name) =>
    input(name, 'float32', []),
  );
  groupsOf(network).forEach((group, at) => {
    const position = at === 0 ? 'trunk' : at - 1;
    const read = (vector: Vector, size: number): Value => input(inputName(group, vector), 'float32', [size]);
    const [parameters, first, second] = (['parameters', 'first', 'second'] as const).map((vector) =>
      read(vector, group.size),
    );
    const slope = input(`${group.prefix}gradient`, 'float32', [group.size]);
    const next = adamw(
      { parameters, first, second },
      slope,
      { stepSize, secondCorrection, keep },
      group.decayedSize,
    );
    for (const vector of ['parameters', 'first', 'second'] as const) outputs[outputName(position, vector)] = next[vector];
    const average = (old: Value, value: Value): Value => add(mul(old, averageDecay), mul(value, 1 - averageDecay));
    outputs[outputName(position, 'average')] = average(read('average', group.size), next.parameters);
    if (group.bufferSize > 0) {
      outputs[outputName(position, 'averageBuffers')] = average(
        read('averageBuffers', group.bufferSize),
        read('buffers', group.bufferSize),
      );
    }
  });
  return outputs;
}

function path({ choices }: Network): number[] {
  return choices.map(() => 0);
}
