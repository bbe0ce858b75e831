import { inputName } from '../../src/program/sources.js';
import { groupsOf, type Network } from '../../src/model/network.js';
import { zeros, type Tensor } from '../../src/tensor/tensor.js';

type Flat = Readonly<Record<string, Tensor>>;

/** A network's weights as flat vectors, by the programs' input names. */
export function flatWeights(network: Network, weights: ReadonlyMap<string, Tensor>): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const group of groupsOf(network)) {
    const { parameters, buffers } = group.pack(weights);
    feeds[inputName(group, 'parameters')] = parameters;
    if (group.bufferSize > 0) feeds[inputName(group, 'buffers')] = buffers;
  }
  return feeds;
}

/** Named variables from flat vectors; `nameOf` gives the name of a group's parameters and buffers. */
export function namedWeights(
  network: Network,
  flat: Flat,
  nameOf: (position: number | 'trunk', vector: 'parameters' | 'buffers') => string,
): Map<string, Tensor<'float32'>> {
  return new Map(
    groupsOf(network).flatMap((group, at) => {
      const position = at === 0 ? 'trunk' : at - 1;
      const parameters = flat[nameOf(position, 'parameters')] as Tensor<'float32'>;
      const buffers = (flat[nameOf(position, 'buffers')] as Tensor<'float32'> | undefined) ?? noBuffers;
      return [...group.unpack(parameters, buffers)].filter(([, { data }]) => data.length > 0);
    }),
  );
}

const noBuffers = zeros('float32', [0]);
