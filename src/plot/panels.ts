import type { LineSeriesOption } from 'echarts';
import { drawChart, numberAxis, titleOf } from './chart.js';

export interface PanelsData {
  readonly title: string;
  /** A line below the title. */
  readonly note: string;
  /** The name of the horizontal axis, which all panels have. */
  readonly x: string;
  /** A curve each, two in a row. */
  readonly panels: readonly {
    /** The name of the vertical axis, with its unit. */
    readonly y: string;
    readonly points: readonly (readonly [x: number, y: number])[];
  }[];
}

const PANEL = { width: 330, height: 200 };
const MARGIN = { left: 70, right: 26, top: 66, bottom: 60 };
const NO_GAP: [number, number] = [0, 0];
const MOST_POINTS = 400;

/** Curves over the same axis, as SVG. Long curves are averaged over equal stretches. */
export function panelsPlot({ title, note, x, panels }: PanelsData): Promise<string> {
  const pitch = { x: MARGIN.left + PANEL.width + MARGIN.right, y: PANEL.height + MARGIN.bottom };
  const rows = Math.ceil(panels.length / 2);
  return drawChart(
    {
      title: titleOf(title, note),
      grid: panels.map((_, at) => ({
        left: MARGIN.left + (at % 2) * pitch.x,
        top: MARGIN.top + Math.floor(at / 2) * pitch.y,
        ...PANEL,
      })),
      xAxis: panels.map((_, gridIndex) => ({ ...numberAxis(x, 'bottom'), boundaryGap: NO_GAP, gridIndex })),
      yAxis: panels.map(({ y }, gridIndex) => ({ ...numberAxis(y, 'left'), gridIndex })),
      series: panels.map(({ points }, at): LineSeriesOption => ({
        type: 'line',
        silent: true,
        symbol: points.length === 1 ? 'circle' : 'none',
        xAxisIndex: at,
        yAxisIndex: at,
        lineStyle: { width: 1.5 },
        data: averaged(points),
      })),
    },
    { width: 2 * pitch.x, height: MARGIN.top + rows * pitch.y },
  );
}

function averaged(points: PanelsData['panels'][number]['points']): [number, number][] {
  const stretch = Math.ceil(points.length / MOST_POINTS);
  return Array.from({ length: Math.ceil(points.length / stretch) }, (_, at) => {
    const part = points.slice(at * stretch, (at + 1) * stretch);
    const mean = (axis: 0 | 1): number => part.reduce((sum, point) => sum + point[axis], 0) / part.length;
    return [mean(0), mean(1)];
  });
}
