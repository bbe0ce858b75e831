import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { Quarantine } from './quarantine.js';

const bad = (index: number): { file: string; reason: string } => ({ file: `${index}.jpg`, reason: 'cut' });

describe('Quarantine', () => {
  test('keeps each image once, in the order of meeting', () => {
    const quarantine = new Quarantine({ total: 1000 });
    assert.equal(quarantine.add(bad(2)), true);
    assert.equal(quarantine.add(bad(1)), true);
    assert.equal(quarantine.add({ ...bad(2), reason: 'again' }), false);
    assert.deepEqual(quarantine.images, [bad(2), bad(1)]);
  });

  for (const [total, allowed] of [
    [1_281_167, 12_811],
    [50_000, 500],
    [1000, 10],
    [200, 5],
    [21, 5],
    [10, 4],
    [3, 1],
    [2, 0],
    [0, 0],
  ]) {
    test(`allows ${allowed} of ${total}`, () => {
      assert.equal(new Quarantine({ total }).allowed, allowed);
    });
  }

  test('stops the work at the first one over the limit, in one line that names the first image', () => {
    const quarantine = new Quarantine({ total: 1000 });
    quarantine.meet(100);
    for (let index = 0; index < 10; index++) quarantine.add(bad(index));
    assert.equal(quarantine.add(bad(3)), false, 'the same again is not one more');
    assert.throws(
      () => quarantine.add(bad(10)),
      (error) => {
        assert.ok(error instanceof UserError);
        assert.match(
          error.message,
          /^11 images of 100 tried so far cannot be read, more than the 10 that a set of 1000 may have; the first is 0\.jpg: cut; fix/,
        );
        return true;
      },
    );
    assert.equal(quarantine.images.length, 11, 'what stopped the work is on the list, too');
  });

  test('knows the share of the images met', () => {
    const quarantine = new Quarantine({ total: 100, share: 1 });
    assert.equal(quarantine.share, 0);
    quarantine.add(bad(0));
    assert.equal(quarantine.share, 1);
    quarantine.meet(50);
    assert.equal(quarantine.share, 1 / 50);
    quarantine.meet(300);
    assert.equal(quarantine.share, 1 / 100);
  });

  test('accepts exactly as many as it allows, with any settings', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(20), (total, share, least) => {
        const quarantine = new Quarantine({ total, share, least });
        for (let index = 0; index < quarantine.allowed; index++) assert.ok(quarantine.add(bad(index)));
        assert.throws(() => quarantine.add(bad(-1)), UserError);
      }),
    );
  });
});
