import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { costOf } from './cost.js';
import { preset } from '../family/families.js';
import { formatProfile, profileOf } from './profile.js';

describe('a profile', () => {
  const profile = profileOf(preset('glit-tiny'));

  test('adds up', () => {
    const { rows, trunk, total, architecture } = profile;
    for (const quantity of ['macs', 'parameters'] as const) {
      const sum = rows.reduce((before, row) => before + row[quantity], trunk[quantity]);
      assert.equal(sum, total[quantity]);
      assert.equal(sum, costOf(architecture)[quantity]);
    }
    assert.equal(Math.max(trunk.memory, ...rows.map(({ memory }) => memory)), total.memory);
  });

  test('is written as a table', () => {
    const lines = formatProfile(profile).split('\n');
    assert.equal(lines[0], 'glit-tiny: 224 px in patches of 16, width 192, 3 heads, 1000 classes');
    assert.match(lines[2], /^block +G +L +K +E +d_k ratio +FFN ratio +parameters +MACs +peak memory$/);
    assert.match(lines[4], /^1 +3 +0 +– +– +0\.5 +4 +370,848 +80\.07 M +[\d.]+ [kM]B$/);
    assert.match(lines[5], /^2 +0 +3 +31 +2 +– +4 +531,840 +104\.0 M +[\d.]+ [kM]B$/);
    assert.match(lines[18], /^total +7,264,456 +1\.473 G +[\d.]+ [kM]B$/);
    assert.match(lines[20], /released code, which always counts 197 tokens: 1\.332 G\./);
    assert.equal(
      new Set(lines.slice(2, 19).map(({ length }) => length)).size,
      1,
      'all lines of the table are equally long',
    );
  });
});
