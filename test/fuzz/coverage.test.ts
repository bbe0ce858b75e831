import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Coverage } from '../../fuzz/coverage.js';

const SOURCE = `export function classify(number) {
  if (number < 0) return 'negative';
  if (number > 9) { if (number > 99) return 'huge'; return 'large'; }
  return 'digit';
}`;

test('a part of the code is new once, however often its neighbours run', async () => {
  const url = `data:text/javascript,${encodeURIComponent(SOURCE)}`;
  const coverage = await Coverage.start(url);
  const { classify } = (await import(url)) as { readonly classify: (number: number) => string };
  const reaches = async (...numbers: readonly number[]): Promise<boolean> => {
    numbers.forEach(classify);
    return (await coverage.fresh()).size > 0;
  };
  const learn = async (number: number): Promise<void> => {
    classify(number);
    coverage.learn(await coverage.fresh());
  };
  await learn(1);
  assert.equal(await reaches(2, 3, 4), false);
  assert.equal(await reaches(2, 30), true, 'one of several does');
  assert.equal(await reaches(2), false);
  await learn(30);
  for (const numbers of [[30], [5, 30, 31], [30, 5], []])
    assert.equal(await reaches(...numbers), false, numbers.join());
  assert.equal(await reaches(5, 300), true);
  assert.equal(await reaches(-1), true);
});
