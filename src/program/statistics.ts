import { branch, type Value } from '../graph/index.js';
import type { ForwardResult, Network } from '../model/network.js';
import type { FlatVariables } from '../nn/group.js';
import { outputName, partsOf, type FedNetwork, type Vector } from './sources.js';

/** The outputs that replace the statistics of the trunk and of the options that ran. */
export function newStatistics(
  { trunk, branches }: Network,
  { indices }: FedNetwork,
  { buffers, trunkBuffers }: Pick<ForwardResult, 'buffers' | 'trunkBuffers'>,
): Record<string, Value> {
  const updates = trunkBuffers === undefined ? {} : replaced('trunk', 'buffers', [trunk], indices[0], trunkBuffers);
  branches.forEach(({ options }, at) => {
    const value = buffers[at];
    if (value === undefined) return;
    const variables = options.map((option) => option.variables);
    Object.assign(updates, replaced(at, 'buffers', variables, indices[at], value));
  });
  return updates;
}

/** The outputs that replace a vector of the option that ran: one for each group that stores it. */
function replaced(
  name: number | 'trunk',
  vector: Vector,
  options: readonly FlatVariables[],
  index: Value,
  flat: Value,
): Record<string, Value> {
  const most = Math.max(...options.map(({ groups }) => groups.length));
  const parts =
    most === 1
      ? [flat]
      : branch(
          index,
          options.map((option) => ({
            captures: [flat],
            body: (inner: Value) => partsOf(option, vector, inner),
          })),
        );
  return Object.fromEntries(parts.map((part, at) => [outputName(name, vector, at), part]));
}
