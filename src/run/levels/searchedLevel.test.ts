import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { formatConfig } from '../../config/layers.js';
import { PRESETS } from '../../config/presets.js';
import { formatArchitecture } from '../../family/codec.js';
import { preset } from '../../family/families.js';
import { blocksOf, type Path, type Space } from '../../space/space.js';
import { JournalWriter } from '../../telemetry/journal.js';
import { RunFolder } from '../folder/runFolder.js';
import { firstLevel } from './hierarchicalSearch.js';
import { searchedLevel } from './searchedLevel.js';

const root = mkdtempSync(join(tmpdir(), 'glit-level-'));
after(() => rmSync(root, { recursive: true }));

test('the level of a search is found among winners whose blocks have other numbers of choices', async () => {
  const { model, space } = PRESETS.smoke;
  const config = { ...PRESETS.smoke, model: { ...model, depth: 2 }, space: { ...space, lowLevel: 'paper' as const } };
  const high = firstLevel(config);
  const sizes = (path: Path): number[] | undefined => high.next?.(path).space.positions.map(({ length }) => length);
  // In the paper's space, blocks of convolutions only have 27 choices, those with both kinds of heads 81.
  const [others, winner] = [
    [0, 0],
    [1, 2],
  ];
  assert.deepEqual(
    [sizes(others), sizes(winner)],
    [
      [27, 27],
      [81, 81],
    ],
  );

  writeFileSync(join(root, 'config.yaml'), formatConfig(config));
  writeFileSync(join(root, 'candidates.csv'), '');
  writeFileSync(join(root, 'architecture.json'), formatArchitecture(preset('glit-tiny')));
  const folder = await RunFolder.open(root);
  await folder.write('weights/supernet-low.safetensors', '');
  const journal = new JournalWriter(join(root, 'journal.jsonl'));
  const scored = (level: string, searched: Space, id: number, path: Path): void => {
    journal.write({
      ...{ type: 'candidateEvaluated', stage: { kind: 'search', level }, method: 'evolution', done: 1, total: 2, id },
      ...{ generation: 0, path, blocks: blocksOf(searched, path), fitness: 0.5, values: [0.5], measures: {} },
      origin: { operator: 'random', parents: [] },
    });
  };
  journal.write({ type: 'runStarted', command: 'search', version: '1', seed: 0, config: {} });
  scored('high', high.space, 0, others);
  scored('high', high.space, 1, winner);
  const low = high.next?.(winner).space;
  assert.ok(low);
  scored('low', low, 0, [40, 3]);
  journal.close();

  const level = await searchedLevel(folder, config);
  assert.deepEqual([level.name, level.space.positions.map(({ length }) => length)], ['low', [81, 81]]);
  assert.deepEqual(level.recorded, [{ path: [40, 3], fitness: 0.5 }]);
});
