import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../errors.js';
import { glitArchitecture } from './glit/architecture.js';
import type { Architecture } from './family.js';
import { block } from './glit/block.js';
import { formatArchitecture, parseArchitecture } from './codec.js';
import { preset } from './families.js';

const SMALL = glitArchitecture({
  name: 'small',
  backbone: { imageSize: 32, patchSize: 4, dim: 48, heads: 3, classes: 10 },
  blocks: [
    block({ globalHeads: 3, localHeads: 0, dkRatio: 0.5 }),
    block({ globalHeads: 0, localHeads: 3 }),
    block({ globalHeads: 1, localHeads: 2, expansion: 4, ffnRatio: 6 }),
  ],
});

const TEXT = `{
  "format": "glit-architecture/1",
  "name": "small",
  "imageSize": 32,
  "patchSize": 4,
  "dim": 48,
  "heads": 3,
  "classes": 10,
  "blocks": [
    { "globalHeads": 3, "localHeads": 0, "dkRatio": 0.5, "ffnRatio": 4 },
    { "globalHeads": 0, "localHeads": 3, "kernel": 31, "expansion": 2, "ffnRatio": 4 },
    { "globalHeads": 1, "localHeads": 2, "kernel": 31, "expansion": 4, "dkRatio": 1, "ffnRatio": 6 }
  ]
}
`;

const architectures: fc.Arbitrary<Architecture> = fc
  .record({ heads: fc.integer({ min: 1, max: 12 }), patches: fc.integer({ min: 1, max: 16 }) })
  .chain(({ heads, patches }) =>
    fc
      .record({
        name: fc.option(fc.string(), { nil: undefined }),
        patchSize: fc.integer({ min: 1, max: 32 }),
        headWidth: fc.integer({ min: 1, max: 64 }),
        classes: fc.integer({ min: 1, max: 1000 }),
        blocks: fc.array(
          fc.record({
            globalHeads: fc.integer({ min: 0, max: heads }),
            kernel: fc.nat(50).map((half) => 2 * half + 1),
            expansion: fc.integer({ min: 1, max: 8 }),
            dkRatio: fc.constantFrom(0.5, 1, 2),
            ffnRatio: fc.constantFrom(0.5, 2, 4, 6),
          }),
          { minLength: 1, maxLength: 14 },
        ),
      })
      .map(({ name, patchSize, headWidth, classes, blocks }) =>
        glitArchitecture({
          ...(name === undefined ? {} : { name }),
          backbone: { imageSize: patches * patchSize, patchSize, dim: 2 * headWidth * heads, heads, classes },
          blocks: blocks.map((fields) => block({ ...fields, localHeads: heads - fields.globalHeads })),
        }),
      ),
  );

describe('the architecture file', () => {
  test('has one block per line', () => {
    assert.equal(formatArchitecture(SMALL), TEXT);
  });

  test('reads back as what was written', () => {
    assert.deepEqual(parseArchitecture(TEXT, 'small.json'), SMALL);
    fc.assert(
      fc.property(architectures, (each) => {
        assert.deepEqual(parseArchitecture(formatArchitecture(each), 'written'), each);
      }),
    );
  });

  test('keeps the preprocessing if it is not DeiT’s', () => {
    const vit = preset('vit-small', { classes: 3 });
    const text = formatArchitecture(vit);
    assert.match(text, /"preprocessing": \{"mean":\[0\.5,0\.5,0\.5\].*"crop":0\.9/);
    assert.deepEqual(parseArchitecture(text, 'vit.json'), vit);
    for (const [part, replacement, message] of [
      ['"crop":0.9', '"crop":0', 'preprocessing.crop is 0; use a number above 0 and up to 1'],
      ['"bicubic"', '"nearest"', 'preprocessing.interpolation is "nearest"; use "bicubic" or "bilinear"'],
      ['[0.5,0.5,0.5]', '[0.5]', 'preprocessing.mean is'],
      ['"std":[0.5,0.5,0.5]', '"std":[0.5,0,0.5]', 'preprocessing.std is'],
      ['"std":[0.5,0.5,0.5]', '"std":[0.5,0.5,-1]', 'preprocessing.std is'],
    ] as const) {
      assert.throws(() => parseArchitecture(text.replace(part, replacement), 'vit.json'), {
        name: 'UserError',
        message: new RegExp(`^vit\\.json: ${message.replaceAll('.', '\\.')}`),
      });
    }
  });

  test('is read into frozen values', () => {
    const read = parseArchitecture(TEXT, 'small.json');
    assert.ok([read, read.backbone, read.blocks, ...read.blocks].every((value) => Object.isFrozen(value)));
  });

  const faults: readonly (readonly [string, string, string, string])[] = [
    ['broken JSON', '"dim": 48,', '"dim": 48', 'not valid JSON'],
    ['another format', 'architecture/1', 'architecture/2', 'format is "glit-architecture/2"; this version reads'],
    [
      'a misspelt block field',
      '"kernel": 31, "expansion": 2',
      '"kernal": 31, "expansion": 2',
      'blocks[1].kernal is not a known field; did you mean kernel?',
    ],
    [
      'an unknown field',
      '"classes": 10',
      '"classes": 10, "learningSpeed": 1',
      'learningSpeed is not a known field; use format, name',
    ],
    ['a missing backbone field', '"dim": 48,', '', 'dim is missing'],
    ['a missing block field', ', "ffnRatio": 6', '', 'blocks[2].ffnRatio is missing'],
    [
      'a missing kernel',
      '"kernel": 31, "expansion": 2',
      '"expansion": 2',
      'blocks[1].kernel is missing; a block with local heads needs it',
    ],
    ['a missing d_k ratio', '"dkRatio": 0.5, ', '', 'blocks[0].dkRatio is missing; a block with global heads needs it'],
    [
      'a kernel without local heads',
      '"dkRatio": 0.5',
      '"dkRatio": 0.5, "kernel": 31',
      'blocks[0].kernel is given to a block without local heads; remove it',
    ],
    [
      'an even kernel',
      '"kernel": 31, "expansion": 4',
      '"kernel": 16, "expansion": 4',
      "blocks[2].kernel is 16; use an odd whole number, such as the paper's 17, 31 or 45",
    ],
    [
      'heads that do not add up',
      '"globalHeads": 1, "localHeads": 2',
      '"globalHeads": 2, "localHeads": 2',
      'blocks[2].globalHeads 2 + localHeads 2 make 4 heads; make them add up to 3',
    ],
    ['a text for a number', '"heads": 3', '"heads": "3"', 'heads is "3"; use a number'],
    [
      'a text for a block',
      '{ "globalHeads": 3, "localHeads": 0, "dkRatio": 0.5, "ffnRatio": 4 }',
      '"attention"',
      'blocks[0] is "attention"; use an object',
    ],
    ['heads that do not divide the width', '"dim": 48', '"dim": 49', 'dim is 49, which 3 heads do not share evenly'],
    ['half a channel', '"dim": 48', '"dim": 45', 'blocks[0].dkRatio is 0.5, which makes 7.5 channels'],
    ['patches that do not tile', '"patchSize": 4', '"patchSize": 5', 'imageSize is 32, which patches of 5 do not tile'],
    ['no classes', '"classes": 10', '"classes": 0', 'classes is 0; use a whole number of at least 1'],
    ['a number for a name', '"name": "small"', '"name": 5', 'name is 5; use a text'],
  ];
  for (const [title, part, replacement, message] of faults) {
    test(`refuses ${title} in one line that names the file`, () => {
      const text = TEXT.replace(part, replacement);
      assert.notEqual(text, TEXT);
      assert.throws(
        () => parseArchitecture(text, 'small.json'),
        (error) => {
          assert.ok(error instanceof UserError);
          assert.ok(error.message.startsWith('small.json: '), error.message);
          assert.ok(error.message.includes(message), error.message);
          assert.ok(!error.message.includes('\n'));
          return true;
        },
      );
    });
  }

  test('refuses texts that hold no architecture', () => {
    for (const text of [
      '',
      '[]',
      'null',
      '3',
      '{}',
      '{"format": "glit-architecture/1"}',
      TEXT.replace(/"blocks": \[[^]*\]/, '"blocks": []'),
    ]) {
      assert.throws(() => parseArchitecture(text, 'file'), UserError);
    }
    fc.assert(
      fc.property(fc.json(), (text) => {
        assert.throws(() => parseArchitecture(text, 'file'), UserError);
      }),
    );
  });
});

describe('architecture', () => {
  test('names the fault of blocks made by hand', () => {
    assert.throws(() => glitArchitecture({ ...SMALL, blocks: [] }), /architecture small: blocks is empty/);
    const wrong = block({ globalHeads: 6, localHeads: 0 });
    assert.throws(() => glitArchitecture({ ...SMALL, blocks: [wrong] }), /blocks\[0\]\.globalHeads 6 \+ localHeads 0/);
  });
});
