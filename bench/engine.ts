import { plainNetwork } from '../src/model/network.js';
import type { Case } from './case.js';
import { PLAIN } from './networks.js';
import { sgemm, SGEMM_FLOP } from './sgemm.js';
import { interleaved } from './timing.js';
import { inference, training } from './workloads.js';

/** How close training and inference come to the machine's speed: FLOP/s relative to one large matrix product. */
export const engineCases: readonly Case[] = PLAIN.map(({ name, architecture, batch }) => ({
  name: `engine/${name}`,
  async measure({ device, rounds }) {
    const network = plainNetwork(architecture);
    const product = await sgemm(device);
    const workloads = [
      await training('training step', device, network, batch),
      await inference('inference', device, network, batch),
    ];
    const timings = await interleaved([product, ...workloads], rounds);
    for (const workload of workloads) await workload.close();
    return workloads.map(({ name: what, images, flop }) => {
      return {
        what,
        milliseconds: 1000 * timings.of(what),
        imagesPerSecond: images / timings.of(what),
        ratio: (flop / SGEMM_FLOP) * timings.ratio(product.name, what),
        ratioTo: `of sgemm (${(SGEMM_FLOP / timings.of(product.name) / 1e9).toFixed(0)} GFLOP/s)`,
      };
    });
  },
}));
