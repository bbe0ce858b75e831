import type { Device } from '../src/runtime/device.js';
import type { Case, Row } from './case.js';
import { ENTANGLED, SUPERNETS, type SizedPath } from './networks.js';
import { interleaved, timed, timedByProcessor } from './timing.js';
import { alone, candidate, inference, training } from './workloads.js';

/** The cost of choosing between arms: a supernet step relative to a step of the same path as a plain network. */
export const supernetCases: readonly Case[] = SUPERNETS.map((sized) => ({
  name: `supernet/${sized.name}`,
  measure: ({ device, rounds }) => stepRows(device, rounds, sized, timed),
}));

/** The same for supernets whose choices share weights, in processor time, and what compiling their step takes. */
export const entangledCases: readonly Case[] = ENTANGLED.map(({ name, build }) => ({
  name: `entangled/${name}`,
  async measure({ device, rounds }) {
    const sized = build();
    const before = process.memoryUsage.rss();
    const began = performance.now();
    const workload = await training('supernet step', device, sized.network, sized.batch, sized.path);
    const milliseconds = performance.now() - began;
    const mebibytes = (process.memoryUsage.rss() - before) / 2 ** 20;
    await workload.close();
    return [
      { what: 'building and compiling the supernet step', milliseconds, mebibytes },
      ...(await stepRows(device, rounds, sized, timedByProcessor)),
    ];
  },
}));

async function stepRows(
  device: Device,
  rounds: number,
  { network, path, batch }: SizedPath,
  clock: typeof timed,
): Promise<readonly Row[]> {
  const subnet = alone(network, path);
  const plain = await training(
    'static step',
    device,
    subnet,
    batch,
    subnet.choices.map(() => 0),
    clock,
  );
  const chosen = await training('supernet step', device, network, batch, path, clock);
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
}

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
