import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stageName, type Stage } from './stage.js';

// Files in a run folder have these names and random streams are forked by them: a new name changes results.
const NAMES: readonly (readonly [Stage, string])[] = [
  [{ kind: 'files' }, 'files'],
  [{ kind: 'images' }, 'images'],
  [{ kind: 'check' }, 'check'],
  [{ kind: 'supernet', level: 'high' }, 'supernet-high'],
  [{ kind: 'search', level: 'low' }, 'search-low'],
  [{ kind: 'search', level: 'joint' }, 'search-joint'],
  [{ kind: 'train' }, 'train'],
  [{ kind: 'train', network: { role: 'finalist', by: 'found', rank: 2 } }, 'train-found-2'],
  [{ kind: 'train', network: { role: 'finalist', by: 'random', rank: 1 } }, 'train-random-1'],
  [{ kind: 'train', network: { role: 'contender', by: 'found', round: 1, id: 7 } }, 'train-found-round-1-7'],
  [{ kind: 'train', network: { role: 'baseline', name: 'deit' } }, 'train-deit'],
  [{ kind: 'test', network: { role: 'random' } }, 'test-random'],
  [{ kind: 'test', network: { role: 'found' } }, 'test-found'],
  [{ kind: 'test', network: { role: 'baseline', name: 'resnet50' } }, 'test-resnet50'],
];

test('stages keep the names that files and random streams go by', () => {
  assert.deepEqual(
    NAMES.map(([stage]) => stageName(stage)),
    NAMES.map(([, name]) => name),
  );
});
