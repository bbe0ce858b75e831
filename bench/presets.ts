import { preset, presetNames } from '../src/family/families.js';
import { plainNetwork } from '../src/model/network.js';
import type { Case } from './case.js';
import { interleaved } from './timing.js';
import { inference } from './workloads.js';

/** One image, as a user waits for it, and a batch, as a folder of images is classified. */
const BATCHES = [1, 16];

/** How long every published network takes as an exported model, at its published size. */
export const presetCases: readonly Case[] = presetNames.map((name) => ({
  name: `presets/${name}`,
  async measure({ device, rounds }) {
    const network = plainNetwork(preset(name));
    const workloads = [];
    for (const batch of BATCHES) workloads.push(await inference(`inference, batch ${batch}`, device, network, batch));
    const timings = await interleaved(workloads, rounds);
    for (const workload of workloads) await workload.close();
    return workloads.map(({ name: what, images }) => ({
      what,
      milliseconds: 1000 * timings.of(what),
      imagesPerSecond: images / timings.of(what),
    }));
  },
}));
