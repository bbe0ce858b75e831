import type { ScatterSeriesOption } from 'echarts';
import { COLOURS, drawChart, legendOf, numberAxis, QUIET, titleOf } from './chart.js';

export interface FrontPoint {
  /** The cost, to be small. */
  readonly x: number;
  /** The accuracy, to be large. */
  readonly y: number;
}

export interface FrontData {
  readonly title: string;
  /** A line below the title. */
  readonly note: string;
  /** The names of the axes, with their units. */
  readonly x: string;
  readonly y: string;
  /** Groups of candidates, each with a colour of its own. */
  readonly candidates: readonly { readonly name: string; readonly points: readonly FrontPoint[] }[];
  /** The networks of the front, in any order. They may be on it for an objective that the picture does not show. */
  readonly front: readonly FrontPoint[];
}

const FRONT = 'front';

/** Colours of the groups; the front has a stronger one. */
const GROUPS = [QUIET, ...COLOURS.slice(1)];

/**
 * Accuracy against cost, as SVG: every candidate as a small dot, the front's networks as large ones, and a step line,
 * which is their highest accuracy for at most that cost.
 */
export function frontPlot({ title, note, x, y, candidates, front }: FrontData): Promise<string> {
  const pairsOf = (points: readonly FrontPoint[]): number[][] => points.map((point) => [point.x, point.y]);
  return drawChart(
    {
      title: titleOf(title, note),
      legend: legendOf([...candidates.map(({ name }) => name), FRONT], 454),
      grid: { left: 74, right: 30, top: 64, bottom: 84 },
      xAxis: numberAxis(x, 'bottom'),
      yAxis: numberAxis(y, 'left'),
      series: [
        ...candidates.map(({ name, points }, index): ScatterSeriesOption => ({
          type: 'scatter',
          name,
          silent: true,
          symbolSize: 7,
          itemStyle: { color: GROUPS[index % GROUPS.length], opacity: 0.55 },
          data: pairsOf(points),
        })),
        {
          type: 'scatter',
          name: FRONT,
          silent: true,
          symbolSize: 9,
          itemStyle: { color: COLOURS[0] },
          z: 3,
          data: pairsOf(front),
        },
        {
          type: 'line',
          name: FRONT,
          silent: true,
          step: 'end',
          symbol: 'none',
          lineStyle: { width: 2, color: COLOURS[0] },
          data: pairsOf(stepsOf(front)),
        },
      ],
    },
    { width: 640, height: 480 },
  );
}

/** The corners of the step line: each is more accurate than all that cost less. */
function stepsOf(front: readonly FrontPoint[]): readonly FrontPoint[] {
  const steps: FrontPoint[] = [];
  for (const point of front.toSorted((one, other) => one.x - other.x || other.y - one.y)) {
    if (point.y > (steps.at(-1)?.y ?? -Infinity)) steps.push(point);
  }
  return steps;
}
