import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { PRESETS } from '../../config/presets.js';
import type { EncodedSource } from '../../dataset/source.js';
import { seeded } from '../../random/rng.js';
import { scoringCount, scoringImages } from './scoringImages.js';

function imagesOf(count: number): EncodedSource {
  return {
    classes: ['even', 'odd'],
    labels: Int32Array.from({ length: count }, (_, index) => index % 2),
    encoded: (index) => ({ file: String(index) }),
  };
}

describe('the images that candidates are scored on', () => {
  test('are all held-out images by default, or that many different ones with their labels, the same each time', () => {
    const held = fc.integer({ min: 1, max: 60 });
    fc.assert(
      fc.property(held, fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }), (count, wanted) => {
        const search = { ...PRESETS.smoke.search, ...(wanted !== undefined && { scoringImages: wanted }) };
        const config = { ...PRESETS.smoke, search };
        const drawn = [1, 2].map(() => {
          const source = scoringImages(config, { searchVal: imagesOf(count) }, seeded('images'));
          assert.ok('encoded' in source);
          return Array.from(source.labels, (label, index) => ({ label, at: Number(source.encoded(index).file) }));
        });
        assert.deepEqual(drawn[0], drawn[1]);
        assert.equal(drawn[0].length, Math.min(wanted ?? count, count));
        assert.equal(drawn[0].length, scoringCount(config, count));
        assert.ok(drawn[0].every(({ at }, index) => index === 0 || at > drawn[0][index - 1].at));
        assert.ok(drawn[0].every(({ label, at }) => at < count && label === at % 2));
      }),
    );
  });
});
