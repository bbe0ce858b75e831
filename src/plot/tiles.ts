import { escaped, FONT, legible, TEXT } from './chart.js';

/** A picture with lines of text below it. */
export interface Tile {
  /** A PNG. */
  readonly picture: Uint8Array;
  readonly lines: readonly string[];
  /** Whether the lines say something good or bad; they are coloured accordingly. */
  readonly good: boolean;
}

const SIDE = 112;
const GAP = 16;
const LINE = 15;
const COLUMNS = 6;
const TITLE = 44;
/** Characters that fit below a picture. */
const MOST_CHARACTERS = 18;

/** Pictures in a grid with text below each, as SVG. Small pictures are enlarged without smoothing. */
export function tilesPlot(title: string, tiles: readonly Tile[]): string {
  const lines = Math.max(0, ...tiles.map((tile) => tile.lines.length));
  const pitch = SIDE + GAP + LINE * lines;
  const columns = Math.min(COLUMNS, Math.max(1, tiles.length));
  const width = Math.max(columns * (SIDE + GAP) + GAP, 12 * title.length);
  const height = TITLE + pitch * Math.ceil(tiles.length / columns) + GAP;
  const cells = tiles.map(({ picture, lines: texts, good }, at) => {
    const x = GAP + (at % columns) * (SIDE + GAP);
    const y = TITLE + Math.floor(at / columns) * pitch;
    const image = `data:image/png;base64,${Buffer.from(picture).toString('base64')}`;
    const written = texts.map(
      (text, line) =>
        `<text x="${x}" y="${y + SIDE + LINE * (line + 1)}" fill="${good ? '#00614a' : '#a63c00'}">${escaped(shortened(text))}</text>`,
    );
    return [
      `<image x="${x}" y="${y}" width="${SIDE}" height="${SIDE}" href="${image}" image-rendering="pixelated"/>`,
      ...written,
    ].join('\n');
  });
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
    `  font-family="${FONT}" font-size="12">`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    `<text x="${GAP}" y="28" font-size="15" font-weight="bold" fill="${TEXT}">${escaped(title)}</text>`,
    ...cells,
    '</svg>',
    '',
  ];
  return legible(svg.join('\n'));
}

function shortened(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}
