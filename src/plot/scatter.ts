import type { ScatterSeriesOption } from 'echarts';
import type { Interval } from '../statistics/bootstrap.js';
import { COLOURS, drawChart, errorBars, legendOf, numberAxis, titleOf } from './chart.js';

export interface ScatterPoint {
  readonly x: number;
  readonly y: number;
  /** The ends of the point's error bar. Default: none. */
  readonly spread?: Interval;
}

export interface ScatterData {
  readonly title: string;
  /** A line below the title. */
  readonly note: string;
  /** The names of the axes, with their units. */
  readonly x: string;
  readonly y: string;
  /** Groups of points, each with a colour of its own. */
  readonly series: readonly { readonly name: string; readonly points: readonly ScatterPoint[] }[];
}

/** One measurement against another, as SVG: a point per item, with error bars along y. */
export function scatterPlot({ title, note, x, y, series }: ScatterData): Promise<string> {
  const spreads = series.flatMap(({ points }) =>
    points.flatMap(({ x: at, spread }) => (spread === undefined ? [] : [{ at, ...spread }])),
  );
  return drawChart(
    {
      title: titleOf(title, note),
      legend: legendOf(
        series.map(({ name }) => name),
        454,
      ),
      grid: { left: 74, right: 30, top: 64, bottom: 84 },
      xAxis: numberAxis(x, 'bottom'),
      yAxis: numberAxis(y, 'left'),
      series: [
        errorBars(spreads, 'y'),
        ...series.map(({ name, points }, index): ScatterSeriesOption => ({
          type: 'scatter',
          name,
          silent: true,
          symbolSize: 9,
          itemStyle: { color: COLOURS[index % COLOURS.length] },
          z: 3,
          data: points.map(({ x: across, y: up }) => [across, up]),
        })),
      ],
    },
    { width: 640, height: 480 },
  );
}
