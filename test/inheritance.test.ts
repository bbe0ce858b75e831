import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import fc from 'fast-check';
import { input } from '../src/graph/index.js';
import { architectureOf, inheritWeights } from '../src/model/inherit.js';
import { evaluationProgram } from '../src/program/evaluation.js';
import { groupsOf, pathFeed, plainNetwork, supernet, type Network } from '../src/model/network.js';
import { inputName, outputName } from '../src/program/sources.js';
import { seeded, type Rng } from '../src/random/rng.js';
import { openDevice, type Device, type Program } from '../src/runtime/device.js';
import { highLevelSpace } from '../src/space/highLevel.js';
import { headSplits, jointSpace, paperLowLevel, releasedLowLevel } from '../src/space/lowLevel.js';
import { samplePath, type Path, type Space } from '../src/space/space.js';
import { float32, scalar, sizeOf, type Shape, type Tensor } from '../src/tensor/tensor.js';
import { smoothTargets } from '../src/train/loss.js';
import { dropPathMask } from '../src/train/dropPath.js';
import { adamw } from '../src/train/optimizers/adamw.js';
import { groupsAt } from '../src/train/state.js';
import { trainingStep } from '../src/train/step.js';

const BACKBONE = { imageSize: 16, patchSize: 4, dim: 12, heads: 3, classes: 5 };
const BATCH = 3;
const IMAGES: Shape = [BATCH, 3, BACKBONE.imageSize, BACKBONE.imageSize];
const SETTINGS = { dropPath: true, clipNorm: 1, optimizer: adamw() };
/** The same operators on the same numbers, at most fused differently. */
const TOLERANCE = 1e-6;

/** A grid that keeps the programs of spaces with many choices small. */
const GRID = { kernels: [3, 5, 7], expansions: [1, 2], dkRatios: [0.5, 1], ffnRatios: [1, 2] };

/** A space and the number of paths that are tried. */
type Case = readonly [space: Space, numRuns: number];

const SPACES: readonly Case[] = [
  [highLevelSpace({ depth: 3, heads: 3 }), 6],
  [releasedLowLevel(headSplits([0, 1, 2, 3], 3)), 6],
  [jointSpace(releasedLowLevel, { depth: 2, heads: 3, grid: GRID }), 4],
];

/** The paper's spaces, whose choices have too many weights unless they share them. */
const LARGE_SPACES: readonly Case[] = [
  [paperLowLevel(headSplits([0, 1, 2, 3], 3), { grid: GRID }), 4],
  [jointSpace(paperLowLevel, { depth: 2, heads: 3, grid: GRID }), 4],
];

type Feeds = Readonly<Record<string, Tensor>>;

let device: Device;
before(async () => {
  device = await openDevice({ threads: 1 });
});
after(() => device.close());

describe('a path of a supernet and the network that inherits its weights', () => {
  const cases = [
    ...SPACES.map(([space, numRuns]) => ({ space, numRuns, entangled: false })),
    ...[...SPACES, ...LARGE_SPACES].map(([space, numRuns]) => ({ space, numRuns, entangled: true })),
  ];
  for (const { space, numRuns, entangled } of cases) {
    test(`compute and learn the same: space ${space.name}${entangled ? ', entangled' : ''}`, async () => {
      const network = supernet(BACKBONE, space, { entangled });
      const programs = await compiled(network);
      await fc.assert(
        fc.asyncProperty(fc.integer(), (seed) => check(network, programs, seeded(seed))),
        { numRuns, endOnFailure: true, includeErrorInReport: true },
      );
    });
  }
});

interface Programs {
  readonly evaluation: Program;
  readonly step: Program;
}

async function compiled(network: Network): Promise<Programs> {
  const images = input('images', 'float32', IMAGES);
  return {
    evaluation: await device.compile(evaluationProgram(network, images).model, 'evaluation'),
    step: await device.compile(trainingStep(network, images, SETTINGS).model, 'training step'),
  };
}

async function check(network: Network, programs: Programs, rng: Rng): Promise<void> {
  const path = samplePath(network.space, rng);
  const subnet = plainNetwork(architectureOf(network, path));
  const subnetPrograms = await compiled(subnet);
  try {
    const state = randomState(network, rng.fork('state'));
    const inherited = inheritState(network, subnet, path, state);
    const batch = randomBatch(subnet.choices.length, rng.fork('batch'));

    const feeds = { ...batch, path: pathFeed(network, path) };
    for (const program of ['evaluation', 'step'] as const) {
      const ofPath = await run(programs[program], { ...feeds, ...state });
      const ofSubnet = await run(subnetPrograms[program], { ...feeds, ...inherited });
      for (const [name, expected] of Object.entries(ofSubnet)) {
        if (!isReplacement(name)) assertNear(ofPath[name], expected, name, path);
      }
      if (program === 'evaluation') continue;
      const changed = replaced(network, path, state, ofPath);
      const expected = replaced(
        subnet,
        path.map(() => 0),
        inherited,
        ofSubnet,
      );
      for (const [name, value] of Object.entries(inheritState(network, subnet, path, changed))) {
        assertNear(value, expected[name], name, path);
      }
    }
  } finally {
    for (const program of Object.values(subnetPrograms) as Program[]) await program.release();
  }
}

function isReplacement(name: string): boolean {
  return name.startsWith('next.');
}

/**
 * The state after a step. The step returns one new vector for each vector of the path's groups, and none for those that
 * other choices have: they cannot change.
 */
function replaced(network: Network, path: Path, state: Feeds, outputs: Feeds): Feeds {
  const vectors = groupsAt(network, path).flatMap(({ branch, at, group }) =>
    ['parameters', 'first', 'second', 'buffers'].flatMap((vector) =>
      (vector === 'buffers' ? group.bufferSize : group.size) > 0
        ? [[inputName(group, vector), outputName(branch, vector, at)] as const]
        : [],
    ),
  );
  const names = Object.keys(outputs).filter(isReplacement);
  assert.deepEqual(names.sort(), vectors.map(([, output]) => output).sort());
  return { ...state, ...Object.fromEntries(vectors.map(([name, output]) => [name, outputs[output]])) };
}

/** Weights, moments and statistics of all choices, by input name; second moments and variances are positive. */
function randomState(network: Network, rng: Rng): Record<string, Tensor<'float32'>> {
  const state: Record<string, Tensor<'float32'>> = {};
  for (const group of groupsOf(network)) {
    const { parameters, buffers } = group.initialize(rng.fork('first values'));
    const noise = rng.fork(group.prefix);
    const moved = parameters.data.map((value) => value + 0.1 * noise.normal());
    state[inputName(group, 'parameters')] = float32([group.size], moved);
    state[inputName(group, 'first')] = float32(
      [group.size],
      draw(group.size, () => 0.01 * noise.normal()),
    );
    state[inputName(group, 'second')] = float32(
      [group.size],
      draw(group.size, () => 0.01 * noise.uniform()),
    );
    if (group.bufferSize === 0) continue;
    const varied = buffers.data.map((value) => value + 0.5 * noise.uniform());
    state[inputName(group, 'buffers')] = float32([group.bufferSize], varied);
  }
  return state;
}

/** The state of the subnet: weights by name, and moments likewise, as if they were weights. */
function inheritState(network: Network, subnet: Network, path: Path, state: Feeds): Feeds {
  const inheritedState: Record<string, Tensor> = {};
  for (const vector of ['parameters', 'first', 'second'] as const) {
    const named = new Map(
      groupsOf(network).flatMap((group) => {
        const buffers = state[inputName(group, 'buffers')] as Tensor<'float32'> | undefined;
        return [...group.unpack(state[inputName(group, vector)] as Tensor<'float32'>, buffers ?? float32([0], []))];
      }),
    );
    const inherited = inheritWeights(network, path, named);
    for (const group of groupsOf(subnet)) {
      const { parameters, buffers } = group.pack(inherited);
      inheritedState[inputName(group, vector)] = parameters;
      if (group.bufferSize > 0) inheritedState[inputName(group, 'buffers')] = buffers;
    }
  }
  return inheritedState;
}

function randomBatch(depth: number, rng: Rng): Feeds {
  const labels = draw(BATCH, () => rng.int(BACKBONE.classes));
  const targets = smoothTargets(labels, BACKBONE.classes, 0.1);
  const rates = draw(depth, () => 0.2);
  return {
    images: float32(
      IMAGES,
      draw(sizeOf(IMAGES), () => rng.normal()),
    ),
    targets: float32([BATCH, BACKBONE.classes], targets),
    keep: float32([2 * depth, BATCH], dropPathMask(rates, { branches: 2, batch: BATCH }, rng)),
    momentum: scalar(0.1),
    'optimizer.stepSize': scalar(0.01),
    'optimizer.epsilon': scalar(1e-7),
    'optimizer.decayFactor': scalar(0.99),
  };
}

/** A feed of the optimizer, which a supernet takes once for each group. */
function forEach(feed: Tensor, shape: Shape): Tensor {
  return shape.length === 1 && feed.shape.length === 0
    ? float32([...shape], new Float32Array(shape[0]).fill(Number(feed.data[0])))
    : feed;
}

/** Feeds the program's inputs. An empty output, the statistics of a choice without any, counts as no output. */
async function run(program: Program, feeds: Feeds): Promise<Feeds> {
  const outputs = await program.run(
    Object.fromEntries(program.signature.inputs.map(({ name, shape }) => [name, forEach(feeds[name], shape as Shape)])),
  );
  return Object.fromEntries(Object.entries(outputs).filter(([, { data }]) => data.length > 0));
}

function assertNear(actual: Tensor, expected: Tensor, name: string, path: Path): void {
  assert.deepEqual(actual.shape, expected.shape, name);
  expected.data.forEach((value: number | bigint, at: number) => {
    const error = Math.abs(Number(actual.data[at]) - Number(value));
    assert.ok(error <= TOLERANCE * (1 + Math.abs(Number(value))), `${name}[${at}] of path ${path.join('-')}: ${error}`);
  });
}

function draw(count: number, next: () => number): number[] {
  return Array.from({ length: count }, next);
}
