import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { stringify } from 'yaml';
import { preset } from '../../src/family/families.js';
import { parseConfig } from '../../src/config/layers.js';
import { PRESETS } from '../../src/config/presets.js';
import { formatArchitecture, parseArchitecture } from '../../src/family/codec.js';
import { mutated } from './mutations.js';
import { survives } from './verdict.js';

const RUNS = Number(process.env['GLIT_FUZZ_RUNS'] ?? 400);
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

const architectures = ['glit-tiny', 'deit-tiny'].map((name) => formatArchitecture(preset(name)));
const configurations = Object.values(PRESETS).map((values) => stringify(values));

/** The values of a JSON text with some replaced by any others. */
function withOtherValues(text: string): fc.Arbitrary<string> {
  const places = [...text.matchAll(/(?<=[:[,] ?)[\w.-]+(?=[,\]\s}])/g)];
  return fc.tuple(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 2 })).map(([{ index, 0: old }, value]) => {
    return text.slice(0, index) + JSON.stringify(value) + text.slice(index + old.length);
  });
}

async function fuzz(texts: fc.Arbitrary<string>, read: (text: string) => unknown): Promise<number> {
  let whole = 0;
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      if (await survives(() => read(text))) whole++;
    }),
    { numRuns: RUNS },
  );
  return whole;
}

const asArchitecture = (text: string): unknown => parseArchitecture(text, 'file.json');
const asConfig = (text: string): unknown => parseConfig(text, 'file.yaml');

test('an architecture that was changed anywhere is read or refused in one line', async () => {
  const whole = await fuzz(mutated(architectures.map(encode)).map(decode), asArchitecture);
  assert.ok(whole < RUNS);
  assert.ok((await fuzz(fc.constantFrom(...architectures).chain(withOtherValues), asArchitecture)) < RUNS);
  await fuzz(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), asArchitecture);
});

test('a configuration that was changed anywhere is read or refused in one line', async () => {
  const whole = await fuzz(mutated(configurations.map(encode)).map(decode), asConfig);
  assert.ok(whole < RUNS);
  const asJson = configurations.map((text) => JSON.stringify(parseConfig(text, 'preset')));
  assert.ok((await fuzz(fc.constantFrom(...asJson).chain(withOtherValues), asConfig)) < RUNS);
  await fuzz(fc.oneof(fc.json(), fc.string({ unit: 'binary' })), asConfig);
});

test('texts that are built to exhaust a parser are refused', async () => {
  const nested = (count: number): string => '['.repeat(count) + ']'.repeat(count);
  const aliases = ['a: &a0 [x, x, x, x, x, x, x, x, x, x]'];
  for (let level = 1; level < 12; level++) {
    aliases.push(`${'abcdefghijkl'[level]}: &a${level} [${new Array<string>(10).fill(`*a${level - 1}`).join(', ')}]`);
  }
  const hostile = [
    nested(1_000),
    nested(200_000),
    `{"format":"glit-architecture/1","blocks":${nested(100_000)}}`,
    '{"a":'.repeat(100_000),
    aliases.join('\n'),
    'seed: &a [*a]',
    'a: &a {b: *a}',
    '__proto__: {polluted: true}',
    '{"__proto__": {"polluted": true}, "constructor": 1}',
    'seed: !!js/function "function () {}"',
    `seed: ${'9'.repeat(100_000)}`,
    '? '.repeat(10_000),
    '- '.repeat(10_000),
    `${'&a '.repeat(10_000)}x`,
    ' '.repeat(1_000_000),
    '\u0000'.repeat(1_000),
    `seed: "${'\\u0041'.repeat(100_000)}`,
    '%YAML 1.1\n---\nseed: !!binary aGFsbG8=\n',
    '--- 1\n--- 2\n',
  ];
  for (const text of hostile) {
    assert.equal(await survives(() => asArchitecture(text)), false, text.slice(0, 40));
    assert.equal(await survives(() => asConfig(text)), false, text.slice(0, 40));
  }
  assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
});
