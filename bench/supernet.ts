import type { Case, Row } from './case.js';
import { SUPERNETS } from './networks.js';
import { interleaved } from './timing.js';
import { alone, candidate, inference, training } from './workloads.js';

/** The cost of choosing between arms: a supernet step relative to a step of the same path as a plain network. */
export const supernetCases: readonly Case[] = SUPERNETS.map(({ name, network, path, batch }) => ({
  name: `supernet/${name}`,
  async measure({ device, rounds }) {
    const plain = await training('static step', device, alone(network, path), batch);
    const chosen = await training('supernet step', device, network, batch, path);
    const timings = await interleaved([plain, chosen], rounds);
    await plain.close();
    await chosen.close();
    return [plain, chosen].map(({ name: what, images }) => {
      return {
        what,
        milliseconds: 1000 * timings.of(what),
        imagesPerSecond: images / timings.of(what),
        ...(what === chosen.name && { ratio: timings.ratio(what, plain.name), ratioTo: '× the static step' }),
      };
    });
  },
}));

/** The cost of scoring a candidate inside the supernet relative to the exported network of the same path. */
export const candidateCases: readonly Case[] = SUPERNETS.map(({ name, network, path, scoringBatches }) => ({
  name: `candidate/${name}`,
  async measure({ device, rounds }) {
    const rows: Row[] = [];
    for (const batch of scoringBatches) {
      const plain = await inference(`exported network, batch ${batch}`, device, alone(network, path), batch);
      const chosen = await candidate(`candidate in the supernet, batch ${batch}`, device, network, batch, path);
      const timings = await interleaved([plain, chosen], rounds);
      await plain.close();
      await chosen.close();
      for (const { name: what, images } of [plain, chosen]) {
        rows.push({
          what,
          milliseconds: 1000 * timings.of(what),
          imagesPerSecond: images / timings.of(what),
          ...(what === chosen.name && { ratio: timings.ratio(what, plain.name), ratioTo: '× the exported network' }),
        });
      }
    }
    return rows;
  },
}));
