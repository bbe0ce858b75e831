import assert from 'node:assert/strict';
import { test } from 'node:test';
import { frontPicture } from './frontPicture.js';
import type { ScoredCandidate } from './searchLevel.js';

const candidate = (level: string, id: number, fitness: number, macs: number, memory: number): ScoredCandidate => ({
  id,
  method: 'nsga2',
  generation: 0,
  path: [id],
  values: [fitness, -memory, -macs],
  measures: { macs, parameters: 7, memory },
  origin: { operator: 'random', parents: [] },
  stage: { kind: 'search', level },
  blocks: [],
});

test('the picture of a front by three objectives has accuracy and the first cost, and only the last level', async () => {
  const candidates = [
    candidate('high', 0, 0.9, 100, 1000),
    candidate('low', 0, 0.5, 200, 4e6),
    candidate('low', 1, 0.6, 300, 5e6),
    candidate('low', 2, 0.4, 400, 6e6),
  ];
  const networks = [candidates[2], candidates[1]].map(({ id, values, measures }) => ({
    name: `glit-${id}`,
    fitness: values[0],
    measures,
  }));
  const svg = await frontPicture({
    dataset: 'photos',
    objectives: ['memory', 'accuracy', 'macs'],
    candidates,
    front: { networks, hypervolume: { nsga2: 0.5 }, reference: { memory: 7e6, macs: 500 } },
  });
  assert.equal(svg.match(/ecmeta_ssr_type="chart"/g)?.length, 3 + 2);
  for (const text of [
    'Front of the search: photos, low level',
    'on the front in accuracy, peak memory and MACs: 2 of 3 candidates',
    'peak memory (MB)',
    'candidates of the search',
  ])
    assert.ok(svg.includes(`>${text}</text>`), text);
  assert.ok(!svg.includes('drawn at random'));
});
