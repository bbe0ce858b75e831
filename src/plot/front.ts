import { COLOURS, drawChart, legendOf, numberAxis, QUIET, titleOf } from './chart.js';

export interface FrontPoint {
  /** The cost, to be small. */
  readonly x: number;
  /** The accuracy, to be large. */
  readonly y: number;
}

export interface FrontData {
  readonly title: string;
  /** A line below the title. Default: none. */
  readonly note?: string;
  /** The names of the axes, with their units. */
  readonly x: string;
  readonly y: string;
  readonly candidates: readonly FrontPoint[];
  /** The candidates that no other beats in both, in any order. */
  readonly front: readonly FrontPoint[];
}

/**
 * Accuracy against cost, as SVG: every candidate as a dot, and the front as a step line, which is the highest accuracy
 * for at most that cost.
 */
export function frontPlot({ title, note, x, y, candidates, front }: FrontData): Promise<string> {
  const pairsOf = (points: readonly FrontPoint[]): number[][] => points.map((point) => [point.x, point.y]);
  const names = ['candidates', 'front'];
  return drawChart(
    {
      title: titleOf(title, note),
      legend: legendOf(names, 454),
      grid: { left: 74, right: 30, top: 64, bottom: 84 },
      xAxis: numberAxis(x, 'bottom'),
      yAxis: numberAxis(y, 'left'),
      series: [
        {
          type: 'scatter',
          name: names[0],
          silent: true,
          symbolSize: 7,
          itemStyle: { color: QUIET, opacity: 0.55 },
          data: pairsOf(candidates),
        },
        {
          type: 'line',
          name: names[1],
          silent: true,
          step: 'end',
          symbol: 'circle',
          symbolSize: 8,
          showAllSymbol: true,
          itemStyle: { color: COLOURS[0] },
          lineStyle: { width: 2 },
          data: pairsOf(front.toSorted((one, other) => one.x - other.x)),
        },
      ],
    },
    { width: 640, height: 480 },
  );
}
