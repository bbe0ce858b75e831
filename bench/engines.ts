import { ALONE } from '../src/comm/communicator.js';
import { PRESETS, type PresetName } from '../src/config/presets.js';
import { searchDataOf } from '../src/config/check.js';
import { openDataset } from '../src/loader/openDataset.js';
import { seeded } from '../src/random/rng.js';
import { CandidateScorer } from '../src/run/levels/candidateScorer.js';
import type { Device } from '../src/runtime/device.js';
import { Engines } from '../src/runtime/engines.js';
import { samplePath } from '../src/space/space.js';
import { NetworkState } from '../src/train/state.js';
import type { Case, Row } from './case.js';
import { SUPERNETS, type SizedPath } from './networks.js';
import { interleaved, timed, type Subject } from './timing.js';
import { alone, training } from './workloads.js';

/** Works per measurement: candidates to score, and networks to train. */
const CANDIDATES = 4;
const TRAININGS = 4;
const STEPS = 10;

/** Independent work on several engines of one thread against one engine with all threads: a search's two kinds of it. */
export const engineCountCases: readonly Case[] = (['demo', 'cifar'] as const).map((name) => ({
  name: `engines/${name}`,
  async measure({ device, rounds }) {
    const sized = SUPERNETS.find((each) => each.name === name);
    if (sized === undefined) throw new Error(`there is no supernet ${name}`);
    return [...(await scoringRows(name, sized, device, rounds)), ...(await trainingRows(sized, device, rounds))];
  },
}));

/** A subject on a number of engines, which it owns. */
interface Pooled extends Subject {
  close(): Promise<void>;
}

async function scoringRows(
  name: PresetName,
  sized: SizedPath,
  device: Device,
  rounds: number,
): Promise<readonly Row[]> {
  const [one, several] = [await scoring(name, sized, device, 1), await scoring(name, sized, device, device.threads)];
  const timings = await interleaved([one, several], rounds);
  const before = performance.eventLoopUtilization();
  for (let round = 0; round < rounds; round++) await several.run();
  const { active } = performance.eventLoopUtilization(before);
  await one.close();
  await several.close();
  return [
    ...comparison(timings, one.name, several.name, CANDIDATES),
    {
      what: 'of it on the main thread, which all engines share, per candidate',
      milliseconds: active / rounds / CANDIDATES,
    },
  ];
}

async function trainingRows(sized: SizedPath, device: Device, rounds: number): Promise<readonly Row[]> {
  const [one, several] = [await trainings(sized, device, 1), await trainings(sized, device, device.threads)];
  const timings = await interleaved([one, several], rounds);
  await one.close();
  await several.close();
  return comparison(timings, one.name, several.name, TRAININGS * STEPS);
}

function comparison(
  timings: Awaited<ReturnType<typeof interleaved>>,
  one: string,
  several: string,
  works: number,
): readonly Row[] {
  return [
    { what: one, milliseconds: (1000 * timings.of(one)) / works },
    {
      what: several,
      milliseconds: (1000 * timings.of(several)) / works,
      ratio: timings.ratio(one, several),
      ratioTo: 'times the throughput',
    },
  ];
}

/** Recalibrates and scores candidates on the built-in images, with the preset's settings. */
async function scoring(name: PresetName, { network }: SizedPath, device: Device, count: number): Promise<Pooled> {
  const rng = seeded('engines');
  const config = { ...PRESETS[name], data: PRESETS.demo.data };
  const { dataset, unreadable } = await openDataset(config, { rng, originals: false, emit: () => undefined });
  const engines = await Engines.open(device, count);
  const state = await NetworkState.initialize(device, network, rng);
  const weights = await state.weights();
  state.free();
  const data = searchDataOf(config, dataset, rng);
  const scorer = new CandidateScorer({ config, ranks: ALONE, unreadable }, engines, network, weights, data, { rng });
  const paths = Array.from({ length: CANDIDATES }, (_, at) => samplePath(network.space, rng.fork(at)));
  const score = async (): Promise<void> => {
    for await (const _ of scorer.measure(paths));
  };
  return {
    ...timed(`scoring a candidate on ${data.searchVal.labels.length} images, ${enginesText(count)}`, score),
    async close() {
      await scorer.close();
      await engines.close();
    },
  };
}

/** Trains networks, some steps each. */
async function trainings({ network, path, batch }: SizedPath, device: Device, count: number): Promise<Pooled> {
  const engines = await Engines.open(device, count);
  const plain = alone(network, path);
  const workloads = new Map<Device, ReturnType<typeof training>>();
  const train = async (on: Device): Promise<void> => {
    const workload = workloads.get(on) ?? training('step', on, plain, batch);
    workloads.set(on, workload);
    const ready = await workload;
    for (let step = 0; step < STEPS; step++) await ready.run();
  };
  const all = async (): Promise<void> => {
    for await (const _ of engines.inOrder(Array.from({ length: TRAININGS }), (_, on) => train(on)));
  };
  return {
    ...timed(`training step of a network, ${enginesText(count)}`, all),
    async close() {
      for (const workload of workloads.values()) await (await workload).close();
      await engines.close();
    },
  };
}

function enginesText(count: number): string {
  return count === 1 ? 'one engine with all threads' : `${count} engines side by side`;
}
