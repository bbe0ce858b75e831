import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { corpusOf, feed } from '../fuzz/feed.js';
import { mutate } from '../fuzz/mutate.js';
import { PARSERS } from '../fuzz/parsers.js';
import { UserError } from '../src/errors.js';
import { seeded } from '../src/random/rng.js';

const INPUTS = 200;
const folder = mkdtempSync(join(tmpdir(), 'glit-fuzz-'));
after(() => rmSync(folder, { recursive: true }));

describe('a short pass of the fuzzer:', () => {
  for (const [name, parser] of Object.entries(PARSERS)) {
    test(`${name} takes or refuses what it gets`, async () => {
      const rng = seeded(`short ${name}`);
      const corpus = corpusOf(name);
      const pick = (): Buffer => corpus[rng.int(corpus.length)];
      for (const input of corpus) await feed(parser, join(folder, 'input'), input);
      for (let at = 0; at < INPUTS; at++) await feed(parser, join(folder, 'input'), mutate(pick(), pick(), rng));
    });
  }

  test('every parser has a corpus, and every corpus a parser', () => {
    assert.deepEqual(readdirSync(join('fuzz', 'corpus')).sort(), Object.keys(PARSERS).sort());
  });

  test('what is neither taken nor refused in one line fails', async () => {
    const input = join(folder, 'input');
    await assert.rejects(
      feed(() => Promise.reject(new TypeError('undefined')), input, Buffer.alloc(1)),
      TypeError,
    );
    const lines = (): Promise<never> => Promise.reject(new UserError('two\nlines'));
    await assert.rejects(feed(lines, input, Buffer.alloc(1)), /more than one line/);
    await feed(() => Promise.reject(new UserError('one line')), input, Buffer.alloc(1));
  });
});

test('mutations are a function of the seed, and stay short', () => {
  const [one, other] = [Buffer.alloc(9000, 1), Buffer.from('[1, 20, 300]')];
  const all = Array.from({ length: 300 }, (_, at) => mutate(one, other, seeded(at)));
  assert.ok(all.every(({ length }) => length <= 9000));
  assert.deepEqual(
    all,
    Array.from({ length: 300 }, (_, at) => mutate(one, other, seeded(at))),
  );
  assert.ok(new Set(all.map((each) => each.toString('latin1'))).size > 250);
});
