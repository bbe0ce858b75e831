import { drawChart, titleOf } from './chart.js';

export interface MatrixData {
  readonly title: string;
  /** A line below the title. */
  readonly note: string;
  /** The names of the rows, from top to bottom, and of the columns. */
  readonly names: readonly string[];
  /** [row][column], from 0 to `most`. */
  readonly values: readonly (readonly number[])[];
  readonly most: number;
  /** A value as text, for its cell. */
  readonly format: (value: number) => string;
  /** What rows and columns are. */
  readonly rows: string;
  readonly columns: string;
}

/** Pixels of a cell, and the most names whose cells have text in them. */
const CELL = 34;
const SMALL_CELL = 16;
const MOST_WITH_TEXT = 20;
/** The width of a letter of a name in a wide font. */
const LETTER = 7;

/** A square matrix as SVG: dark cells are high, and small matrices also have their values as text. */
export function matrixPlot({ title, note, names, values, most, format, rows, columns }: MatrixData): Promise<string> {
  const withText = names.length <= MOST_WITH_TEXT;
  const side = names.length * (withText ? CELL : SMALL_CELL);
  const room = 44 + Math.min(160, LETTER * Math.max(...names.map((name) => name.length)));
  const axis = (name: string, gap: number) => ({
    type: 'category' as const,
    data: [...names],
    name,
    nameLocation: 'middle' as const,
    nameGap: gap,
    axisTick: { show: false },
    axisLabel: { fontSize: 12, color: '#222222', width: 160, overflow: 'truncate' as const, interval: 0 },
  });
  const cells = values.flatMap((row, at) => row.map((value, column) => [column, at, value]));
  return drawChart(
    {
      title: titleOf(title, note),
      grid: { left: room + 20, top: 64, width: side, height: side },
      xAxis: {
        ...axis(columns, room - 8),
        axisLabel: { ...axis('', 0).axisLabel, rotate: 90 },
      },
      yAxis: { ...axis(rows, room - 8), inverse: true },
      visualMap: { show: false, min: 0, max: most, inRange: { color: ['#ffffff', '#9ecae9', '#0072b2', '#00315a'] } },
      series: [
        {
          type: 'heatmap',
          silent: true,
          itemStyle: { borderColor: '#e8e8e8', borderWidth: 1 },
          data: cells.map(([column, row, value]) => ({
            value: [column, row, value],
            label: { color: value > 0.5 * most ? '#ffffff' : '#222222' },
          })),
          label: {
            show: withText,
            fontSize: 11,
            formatter: ({ value }) => (Array.isArray(value) && Number(value[2]) > 0 ? format(Number(value[2])) : ''),
          },
        },
      ],
    },
    { width: side + room + 60, height: side + room + 96 },
  );
}
