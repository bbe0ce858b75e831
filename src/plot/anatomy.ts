import { COLOURS, FONT, TEXT, escaped, legible } from './chart.js';

/** Numbers by name: a backbone's or a block's fields. */
type Fields = { readonly [field: string]: number | undefined };

/** What a bar stands for. */
export type AnatomyPart = 'global' | 'local' | 'ffn' | 'tokens';

export interface AnatomyBar {
  readonly part: AnatomyPart;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface AnatomyText {
  readonly x: number;
  /** The baseline. */
  readonly y: number;
  readonly text: string;
  /** Whether it is the title of a column. */
  readonly isTitle: boolean;
}

/** A drawing of a network's blocks, one below the other; lengths are in pixels. */
export interface Anatomy {
  readonly width: number;
  readonly height: number;
  readonly bars: readonly AnatomyBar[];
  readonly texts: readonly AnatomyText[];
}

/** Pixels of a block's width, D, in the drawing. */
export const ANATOMY_UNIT = 26;

/** What the colours mean. */
export const ANATOMY_KEY: readonly { readonly part: AnatomyPart; readonly words: string }[] = [
  { part: 'global', words: 'global heads: attention, and the width of its q, k and v' },
  { part: 'local', words: 'local heads: convolution, its inner width and its kernel among all tokens' },
  { part: 'ffn', words: 'hidden width of the FFN' },
];

/** The scale of the drawing. */
export const ANATOMY_SCALE = `All widths are in multiples of the block's width D, on one scale; 1 is ${ANATOMY_UNIT} pixels.`;

const ROW = 24;
const BAR = 14;
const TOP = 34;

/** The columns of the drawing: where they begin, and how many widths D they have room for. */
const COLUMNS = {
  heads: { at: 28, title: 'heads', widths: 2 },
  attention: { at: 92, title: 'q, k, v', widths: 2 },
  convolution: { at: 156, title: 'convolution', widths: 4 },
  kernel: { at: 290, title: 'kernel', widths: 2 },
  ffn: { at: 378, title: 'FFN', widths: 6 },
} as const;

/** A network of the GLiT family as bars, to scale; undefined for blocks of another family. */
export function anatomyOf(backbone: Fields, blocks: readonly Fields[]): Anatomy | undefined {
  const isGlit = blocks.every(({ globalHeads, localHeads }) => globalHeads !== undefined && localHeads !== undefined);
  if (!isGlit) return undefined;
  const titles = Object.values(COLUMNS).map(({ at, title }) => ({ x: at, y: 20, text: title, isTitle: true }));
  const rows = blocks.map((block, at) => blockRow(block, at, tokensOf(backbone)));
  return {
    width: COLUMNS.ffn.at + COLUMNS.ffn.widths * ANATOMY_UNIT + 20,
    height: TOP + ROW * blocks.length + 6,
    bars: rows.flatMap(({ bars }) => bars),
    texts: [...titles, ...rows.flatMap(({ texts }) => texts)],
  };
}

/** The tokens of one image, with the class token. NaN if the backbone does not say. */
export function tokensOf({ imageSize = NaN, patchSize = NaN }: Fields): number {
  return (imageSize / patchSize) ** 2 + 1;
}

function blockRow(block: Fields, at: number, tokens: number): Pick<Anatomy, 'bars' | 'texts'> {
  const { globalHeads = 0, localHeads = 0, dkRatio = 0, expansion = 0, kernel = 0, ffnRatio = 0 } = block;
  const heads = globalHeads + localHeads;
  const y = TOP + ROW * at;
  const bar = (part: AnatomyPart, x: number, width: number): AnatomyBar => ({ part, x, y, width, height: BAR });
  const text = (x: number, value: string): AnatomyText => ({ x, y: y + BAR - 3, text: value, isTitle: false });
  const labelled = (part: AnatomyPart, x: number, ratio: number) => {
    const width = ratio * ANATOMY_UNIT;
    return { bar: bar(part, x, width), text: text(x + width + 4, String(Number(ratio.toFixed(2)))) };
  };
  const headWidth = (COLUMNS.heads.widths * ANATOMY_UNIT) / heads;
  const squares = Array.from({ length: heads }, (_, head) =>
    bar(head < globalHeads ? 'global' : 'local', COLUMNS.heads.at + head * headWidth, headWidth - 1.5),
  );
  const kernelWidth = COLUMNS.kernel.widths * ANATOMY_UNIT;
  const widths = [
    ...(globalHeads > 0 ? [labelled('global', COLUMNS.attention.at, (dkRatio * globalHeads) / heads)] : []),
    ...(localHeads > 0 ? [labelled('local', COLUMNS.convolution.at, (expansion * localHeads) / heads)] : []),
    labelled('ffn', COLUMNS.ffn.at, ffnRatio),
  ];
  const reach = Number.isNaN(tokens) ? 0 : Math.min(1, kernel / tokens);
  const kernels = [bar('tokens', COLUMNS.kernel.at, kernelWidth), bar('local', COLUMNS.kernel.at, kernelWidth * reach)];
  return {
    bars: [...squares, ...widths.map((each) => each.bar), ...(localHeads > 0 ? kernels : [])],
    texts: [
      text(0, String(at + 1)),
      ...widths.map((each) => each.text),
      ...(localHeads > 0 ? [text(COLUMNS.kernel.at + kernelWidth + 4, String(kernel))] : []),
    ],
  };
}

const PART_COLOURS: Readonly<Record<AnatomyPart, string>> = {
  global: COLOURS[0],
  local: COLOURS[1],
  ffn: COLOURS[2],
  tokens: '#e3e3e0',
};

const MARGIN = 24;
const HEAD = 50;
const KEY_LINE = 18;
/** The width of a letter in a wide font. */
const LETTER = 7;

/** The drawing as the text of an SVG file, with a title, a smaller line below it and a key. */
export function anatomyPlot({ width, height, bars, texts }: Anatomy, title: string, note: string): string {
  // The width of text can only be guessed.
  const total = {
    width: Math.max(width, LETTER * note.length) + 2 * MARGIN,
    height: HEAD + height + KEY_LINE * (ANATOMY_KEY.length + 1) + MARGIN,
  };
  const key = ANATOMY_KEY.flatMap(({ part, words }, at) => {
    const y = HEAD + height + KEY_LINE * (at + 1);
    return [
      `<rect x="${MARGIN}" y="${y - 10}" width="10" height="10" fill="${PART_COLOURS[part]}"/>`,
      `<text x="${MARGIN + 16}" y="${y}">${escaped(words)}</text>`,
    ];
  });
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${total.width}" height="${total.height}" viewBox="0 0 ${total.width} ${total.height}"`,
    `  font-family="${FONT}" font-size="12" fill="${TEXT}">`,
    `<rect width="${total.width}" height="${total.height}" fill="#ffffff"/>`,
    `<text x="${MARGIN}" y="24" font-size="15" font-weight="bold">${escaped(title)}</text>`,
    `<text x="${MARGIN}" y="42">${escaped(note)}</text>`,
    `<g transform="translate(${MARGIN} ${HEAD})">`,
    ...bars.map(
      (bar) =>
        `<rect x="${rounded(bar.x)}" y="${bar.y}" width="${rounded(bar.width)}" height="${bar.height}" rx="1.5" fill="${PART_COLOURS[bar.part]}"/>`,
    ),
    ...texts.map(
      ({ x, y, text, isTitle }) =>
        `<text x="${rounded(x)}" y="${y}"${isTitle ? ' font-weight="bold"' : ''}>${escaped(text)}</text>`,
    ),
    '</g>',
    ...key,
    `<text x="${MARGIN}" y="${HEAD + height + KEY_LINE * (ANATOMY_KEY.length + 1)}">${escaped(ANATOMY_SCALE)}</text>`,
    '</svg>',
    '',
  ];
  return legible(svg.join('\n'));
}

function rounded(pixels: number): number {
  return Number(pixels.toFixed(2));
}
