import { architecture } from '../family/architecture.js';
import type { Architecture, Backbone, Block } from '../family/family.js';
import { costsOfSpace } from '../measure/cost.js';
import type { LatencyTable } from '../measure/latencyTable.js';
import { supernet } from '../model/network.js';
import type { Rng } from '../random/rng.js';
import type { Device } from '../runtime/device.js';
import { onnxRuntimeVersion } from '../runtime/version.js';
import { blocksOf, samplePath, type Space } from '../space/space.js';
import type { Listener } from '../telemetry/events.js';
import { Progress, stageProgress } from '../telemetry/progress.js';
import type { LatencyStage } from '../telemetry/stage.js';
import type { Shape } from '../tensor/tensor.js';
import { fitParts, type Observation } from './fit.js';
import { checkOf, HELD_OUT, stratifiedPaths } from './heldOut.js';
import { thisMachine } from './machine.js';
import { timeNetworks, type StopwatchSettings } from './stopwatch.js';

export interface MeasureOptions extends Pick<StopwatchSettings, 'batch' | 'rounds' | 'warmUp' | 'signal'> {
  readonly rng: Rng;
  readonly emit: Listener;
}

/** Random networks that the fit sees besides those of equal blocks. */
const MIXED = 32;
/** Networks of equal blocks at half the depth; they tell stem and head from blocks. */
const SHORT = 4;
/**
 * The weight of a network of equal blocks beside a random one. Networks of equal blocks fix every block's latency, but a
 * search predicts mixed ones, which run about half a percent slower.
 */
const EQUAL_WEIGHT = 0.25;

const STAGE: LatencyStage = { kind: 'latency' };

/**
 * Measures the latencies of all blocks of a space, and checks them on networks that the fit has not seen.
 *
 * A block timed by itself takes too long: each session has an overhead of its own, and the block's input is not in the
 * cache. So whole networks are timed (of equal blocks, short ones, random ones), and the parts' latencies are fitted to
 * them. The networks of the check are timed in the same rounds, because a shared machine's speed can halve within
 * seconds; what that does to a measurement, a second one of the same networks shows.
 */
export async function measureTable(
  device: Device,
  backbone: Backbone,
  space: Space,
  { emit, rng, ...settings }: MeasureOptions,
): Promise<LatencyTable> {
  const { family } = space;
  const depth = space.positions.length;
  const parts = partsOf(backbone, space);
  const built = (blocks: readonly Block[]): Architecture => architecture(family, { backbone, blocks });

  const equal = parts.blocks.map(({ block, input }) => built(parts.equalTo(block, input)));
  const short = depth < 2 ? [] : evenly(equal, SHORT).map(({ blocks }) => built(blocks.slice(0, Math.ceil(depth / 2))));
  const mixed = Array.from({ length: MIXED }, (_, at) =>
    built(blocksOf(space, samplePath(space, rng.fork('mixed').fork(at)))),
  );
  const fitted = [...equal, ...short, ...mixed];

  const { choices } = costsOfSpace(backbone, space);
  const paths = stratifiedPaths(
    choices.map((costs) => costs.map(({ macs }) => macs)),
    rng.fork('heldOut'),
  );
  const checked = paths.map((path) => built(blocksOf(space, path)));

  const steps = (fitted.length + 2 * HELD_OUT) * settings.rounds;
  const time = timer(device, { ...settings, emit, rng, steps });
  emit({ type: 'stageStarted', stage: STAGE, steps });
  const began = performance.now();
  const measured = await time('networks', [...fitted, ...checked]);
  const observations = fitted.map(({ blocks }, at): Observation => ({
    parts: parts.indicesOf(blocks),
    milliseconds: measured[at],
    weight: at < equal.length + short.length ? EQUAL_WEIGHT : 1,
  }));
  const latencies = fitParts(observations, parts.count);
  const check = checkOf({
    blocks: checked.map(({ blocks }) => blocks.map((block) => family.describeBlock(block))),
    predicted: checked.map(({ blocks }) => parts.indicesOf(blocks).reduce((sum, part) => sum + latencies[part], 0)),
    constant: measured.slice(fitted.length - MIXED, fitted.length).reduce((sum, value) => sum + value, 0) / MIXED,
    measured: measured.slice(fitted.length),
    again: await time('again', checked),
  });
  emit({
    type: 'stageFinished',
    stage: STAGE,
    durationSeconds: (performance.now() - began) / 1000,
    result: { networks: fitted.length + checked.length },
  });

  return {
    format: 'glit-latency/1',
    machine: thisMachine(),
    engine: {
      device: device.kind,
      ...(device.precision !== 'float32' && { precision: device.precision }),
      onnxruntime: onnxRuntimeVersion,
      threads: device.threads,
      batch: settings.batch,
    },
    timing: { rounds: settings.rounds, warmUp: settings.warmUp },
    family: family.name,
    backbone: Object.fromEntries(family.backboneFields.map((field) => [field, backbone[field] ?? 0])),
    depth,
    space: space.name,
    check,
    trunk: latencies[parts.trunk],
    blocks: parts.blocks.map(({ block, input }, at) => ({
      block: family.describeBlock(block),
      input: [...input],
      milliseconds: latencies[at],
    })),
  };
}

/** The parts of a space's networks, numbered: every block on every shape of its input, then stem and head. */
interface Parts {
  readonly blocks: readonly { readonly block: Block; readonly input: Shape }[];
  /** The number of stem and head. */
  readonly trunk: number;
  readonly count: number;
  /** The parts of a network of these blocks. */
  indicesOf(blocks: readonly Block[]): number[];
  /** A network with a block wherever the space has it. */
  equalTo(block: Block, input: Shape): Block[];
}

function partsOf(backbone: Backbone, space: Space): Parts {
  const { family, positions } = space;
  const { shapes } = supernet(backbone, space);
  const keyOf = (block: Block, input: Shape): string => `${family.describeBlock(block)} on ${input.join('x')}`;
  const all = new Map(
    positions.flatMap((choices, position) =>
      choices.map((block) => [keyOf(block, shapes[position]), { block, input: shapes[position] }] as const),
    ),
  );
  const indices = new Map([...all.keys()].map((key, at) => [key, at]));
  const indexOf = (block: Block, position: number): number => indices.get(keyOf(block, shapes[position])) ?? NaN;
  return {
    blocks: [...all.values()],
    trunk: all.size,
    count: all.size + 1,
    indicesOf: (blocks) => [...blocks.map(indexOf), all.size],
    equalTo: (block, input) =>
      positions.map(
        (choices, position) =>
          choices.find((choice) => keyOf(choice, shapes[position]) === keyOf(block, input)) ?? choices[0],
      ),
  };
}

/** Times networks as one stage of `steps` visits. */
function timer(
  device: Device,
  { emit, rng, steps, ...settings }: MeasureOptions & { readonly steps: number },
): (label: string, networks: readonly Architecture[]) => Promise<readonly number[]> {
  const progress = new Progress(steps);
  const onVisit = (): void => {
    progress.advance();
    emit(stageProgress(STAGE, progress));
  };
  return async (label, networks) => {
    const latencies = await timeNetworks(device, networks, { ...settings, rng: rng.fork(label), onVisit });
    return latencies.map(({ milliseconds }) => milliseconds);
  };
}

/** At most `count` elements of a list, evenly spread. */
function evenly<T>(list: readonly T[], count: number): readonly T[] {
  const step = list.length / Math.min(count, list.length);
  return Array.from({ length: Math.min(count, list.length) }, (_, at) => list[Math.floor(at * step)]);
}
