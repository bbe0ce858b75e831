import { COLOURS, drawChart, errorBars, legendOf, nameAxis, numberAxis, QUIET, titleOf } from './chart.js';

export interface PlotRow {
  readonly name: string;
  /** The single measurements, such as one per seed. */
  readonly values: readonly number[];
  readonly mean: number;
  /** The standard deviation; undefined draws no bar. */
  readonly sd: number | undefined;
}

export interface RowsData {
  readonly title: string;
  /** A line below the title. */
  readonly note: string;
  /** The name of the axis, with its unit. */
  readonly value: string;
  /** From top to bottom. */
  readonly rows: readonly PlotRow[];
}

/** Pixels for a row, and for everything but the rows. */
const ROW = 44;
const FRAME = 148;

/** The width of a letter of a row's name in a wide font. */
const LETTER = 7.5;

/** Several methods beside each other, as SVG: a dot per measurement, and the mean ± one standard deviation. */
export function rowsPlot({ title, note, value, rows }: RowsData): Promise<string> {
  const height = FRAME + ROW * rows.length;
  const deviations = rows.flatMap(({ mean, sd }, at) =>
    sd === undefined ? [] : [{ at, low: mean - sd, high: mean + sd }],
  );
  const left = Math.min(300, 24 + LETTER * Math.max(...rows.map(({ name }) => name.length)));
  const names = ['one measurement', 'mean ± standard deviation'];
  return drawChart(
    {
      title: titleOf(title, note),
      legend: legendOf(names, height - 26),
      grid: { left, right: 30, top: 64, bottom: 84 },
      xAxis: numberAxis(value, 'bottom'),
      yAxis: nameAxis(rows.map(({ name }) => name)),
      series: [
        errorBars(deviations, 'x', COLOURS[0]),
        {
          type: 'scatter',
          name: names[0],
          silent: true,
          symbolSize: 7,
          itemStyle: { color: QUIET, opacity: 0.7 },
          data: rows.flatMap(({ values }, at) => values.map((each) => [each, at])),
        },
        {
          type: 'scatter',
          name: names[1],
          silent: true,
          symbol: 'diamond',
          symbolSize: 12,
          itemStyle: { color: COLOURS[0] },
          data: rows.map(({ mean }, at) => [mean, at]),
        },
      ],
    },
    { width: 640, height },
  );
}
