import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import sharp from 'sharp';
import { ANATOMY_UNIT, anatomyOf, anatomyPlot, type Anatomy } from './anatomy.js';
import { frontPlot } from './front.js';
import { matrixPlot } from './matrix.js';
import { panelsPlot } from './panels.js';
import { rowsPlot } from './rows.js';
import { scatterPlot } from './scatter.js';
import { tilesPlot } from './tiles.js';

const scatter = (): Promise<string> =>
  scatterPlot({
    title: 'Fitness <and> accuracy',
    note: 'τ = 0.5',
    x: 'fitness (%)',
    y: 'accuracy (%)',
    series: [
      {
        name: 'evolved',
        points: [
          { x: 61, y: 70, spread: { low: 60, high: 72 } },
          { x: 63, y: 71 },
        ],
      },
      { name: 'drawn', points: [{ x: 55, y: 66, spread: { low: 65.5, high: 66.5 } }] },
    ],
  });

/** A front of three among six candidates, in groups of five and one, and a fourth network that the three beat in both. */
const front = (): Promise<string> => {
  const best = [
    { x: 20, y: 74 },
    { x: 10, y: 70 },
    { x: 15, y: 72 },
  ];
  const beaten = { x: 18, y: 69 };
  const candidates = [
    { name: 'searched', points: [...best, beaten, { x: 12, y: 65 }] },
    { name: 'drawn', points: [{ x: 19, y: 71 }] },
  ];
  return frontPlot({
    title: 'Front',
    note: 'four networks',
    x: 'MACs (M)',
    y: 'accuracy (%)',
    candidates,
    front: [beaten, ...best],
  });
};

const rows = (): Promise<string> =>
  rowsPlot({
    title: 'Ablation',
    note: 'three seeds',
    value: 'test accuracy (%)',
    rows: [
      { name: 'both levels', values: [76, 77, 75.5], mean: 76.2, sd: 0.76 },
      { name: 'high level only', values: [75, 75.2, 75.8], mean: 75.3, sd: 0.42 },
      { name: 'DeiT', values: [69], mean: 69, sd: undefined },
    ],
  });

const matrix = (): Promise<string> =>
  matrixPlot({
    title: 'Confusion',
    note: 'three classes',
    names: ['cat', '<dog>', 'a bird with a very long name'],
    values: [
      [7, 1, 0],
      [2, 5, 1],
      [0, 0, 8],
    ],
    most: 8,
    format: String,
    rows: 'class',
    columns: 'taken for',
  });

const panels = (): Promise<string> =>
  panelsPlot({
    title: 'Training',
    note: '1000 steps',
    x: 'step',
    panels: [Math.sin, Math.cos, Math.abs].map((of, at) => ({
      y: `curve ${at}`,
      points: Array.from({ length: 1000 }, (_, step) => [step, of(step / 100)] as const),
    })),
  });

const BACKBONE = { imageSize: 32, patchSize: 4, dim: 48 };
const BLOCKS = [
  { globalHeads: 3, localHeads: 0, dkRatio: 0.5, ffnRatio: 4 },
  { globalHeads: 1, localHeads: 2, dkRatio: 1, kernel: 13, expansion: 2, ffnRatio: 6 },
];

function drawn(blocks: Parameters<typeof anatomyOf>[1]): Anatomy {
  const drawing = anatomyOf(BACKBONE, blocks);
  assert.ok(drawing);
  return drawing;
}

const anatomy = async (): Promise<string> => anatomyPlot(drawn(BLOCKS), 'A <network>', 'two blocks');

const PICTURES = { scatter, front, rows, matrix, panels, anatomy };
const WIDTHS: Readonly<Record<string, number>> = { matrix: 366, panels: 852, anatomy: 602 };

/** The marks of data in a picture. */
const marks = (svg: string): string[] => svg.match(/ecmeta_ssr_type="chart"/g) ?? [];

describe('pictures', () => {
  for (const [name, draw] of Object.entries(PICTURES)) {
    test(`${name}: is SVG that libvips draws on white, the same bytes each time`, async () => {
      const svg = await draw();
      // Other pictures in between must not change the names in this one.
      for (const other of Object.values(PICTURES)) await other();
      assert.equal(await draw(), svg);
      assert.doesNotMatch(svg, /NaN|undefined|zr\d/);
      const { data, info } = await sharp(Buffer.from(svg)).raw().toBuffer({ resolveWithObject: true });
      assert.equal(info.width, WIDTHS[name] ?? 640);
      assert.deepEqual([...data.subarray(0, 3)], [255, 255, 255]);
      // Something is drawn: between a hundredth and a half of the pixels are not white.
      let inked = 0;
      for (let at = 0; at < data.length; at += info.channels) if (data[at] + data[at + 1] + data[at + 2] < 750) inked++;
      const share = (inked * info.channels) / data.length;
      assert.ok(share > 0.01 && share < 0.5, `${share}`);
    });
  }

  test('name axes and series, and escape what is not markup', async () => {
    const svg = await scatter();
    for (const text of ['Fitness &lt;and&gt; accuracy', 'τ = 0.5', 'fitness (%)', 'accuracy (%)', 'evolved', 'drawn'])
      assert.ok(svg.includes(`>${text}</text>`), text);
    assert.ok((await rows()).includes('>high level only</text>'));
    const written = await matrix();
    for (const text of ['&lt;dog&gt;', 'taken for', '7', '8']) assert.ok(written.includes(`>${text}</text>`), text);
    assert.ok(!written.includes('>0</text>'), 'cells of zero are empty');
  });

  test('have a mark for every value', async () => {
    assert.equal(marks(await front()).length, 6 + 4);
    assert.ok(marks(await scatter()).length >= 3);
    assert.ok(marks(await rows()).length >= 7 + 3);
  });

  test('have a line over the networks of a front that no other beats', async () => {
    const lines = [...(await front()).matchAll(/ d="(M[^"]*)" fill="none"[^>]* stroke="#0072b2"/g)].map(
      ([, path]) => path,
    );
    const [line] = lines;
    assert.equal(lines.length, 1);
    // Three corners, and one more for each step between them.
    assert.equal(line.match(/-?[\d.]+ -?[\d.]+/g)?.length, 3 + 2, line);
  });

  test('of a network have its widths to scale, and nothing for another family', async () => {
    const { bars, texts } = drawn(BLOCKS);
    const widths = (part: string, row: number): number[] => {
      const ys = [...new Set(bars.map(({ y }) => y))];
      const own = bars.filter((bar) => bar.part === part && bar.y === ys[row] && bar.x > 90);
      return own.map(({ width }) => Number((width / ANATOMY_UNIT).toFixed(6)));
    };
    // Of three heads, all attend, or one does; the kernel of 13 covers a fifth of 65 tokens.
    assert.deepEqual([widths('global', 0), widths('local', 0), widths('ffn', 0)], [[0.5], [], [4]]);
    const expected = [[0.333333], [1.333333, 2 / 5], [6], [2]];
    assert.deepEqual(
      ['global', 'local', 'ffn', 'tokens'].map((part) => widths(part, 1)),
      expected,
    );
    const heads = bars.filter(({ x }) => x < 90).map(({ part }) => part);
    assert.deepEqual(heads, ['global', 'global', 'global', 'global', 'local', 'local']);
    for (const text of ['1', '2', '0.5', '4', '0.33', '1.33', '13', '6']) {
      assert.ok(
        texts.some((each) => each.text === text),
        text,
      );
    }
    assert.ok((await anatomy()).includes('>A &lt;network&gt;</text>'));
    assert.equal(anatomyOf({ imageSize: 32 }, [{ width: 64, stride: 2 }]), undefined);
  });

  test('average long curves', async () => {
    const paths = [...(await panels()).matchAll(/ d="(M[^"]*)" fill="none"/g)].map(([, path]) => path);
    const points = Math.max(...paths.map((path) => path.match(/-?[\d.]+ -?[\d.]+/g)?.length ?? 0));
    assert.ok(points > 300 && points <= 400, `${points}`);
  });

  test('in a grid have their lines of text below, without markup or control characters of their own', async () => {
    const square = sharp({ create: { width: 2, height: 2, channels: 3, background: 'red' } });
    const picture = await square.png().toBuffer();
    const tile = { picture, lines: ['<b>\u001b[31m', 'a name that is far too long to fit'], good: false };
    const svg = tilesPlot('Mistakes & more', [tile, tile, { ...tile, good: true }]);
    assert.ok(svg.includes('>&lt;b&gt;\ufffd[31m</text>') && svg.includes('>Mistakes &amp; more</text>'));
    assert.ok(svg.includes('>a name that is fa…</text>'));
    const { info, data } = await sharp(Buffer.from(svg)).raw().toBuffer({ resolveWithObject: true });
    const isRed = (x: number, y: number): boolean => {
      const at = (y * info.width + x) * info.channels;
      return data[at] > 200 && data[at + 1] < 60;
    };
    assert.ok(isRed(60, 100) && isRed(188, 100) && isRed(316, 100) && !isRed(60, 20));
    assert.match(tilesPlot('Nothing', []), /^<svg /);
  });

  test('of other data are others', async () => {
    const [first, second] = [
      { x: 1, y: 1 },
      { x: 2, y: 0.5 },
    ];
    const candidates = [{ name: 'e', points: [first] }];
    const data = { title: 'a', note: 'd', x: 'b', y: 'c', candidates, front: [first] };
    const other = { ...data, candidates: [{ name: 'e', points: [first, second] }] };
    assert.notEqual(await frontPlot(data), await frontPlot(other));
  });
});
