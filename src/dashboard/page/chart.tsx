import { LineChart, ParallelChart, ScatterChart } from 'echarts/charts';
import {
  BrushComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
} from 'echarts/components';
import { init, use, type EChartsType } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';
import type { EChartsOption } from 'echarts';
import { useEffect, useRef } from 'preact/hooks';
import type { Palette } from './theme.js';

use([
  LineChart,
  ParallelChart,
  ScatterChart,
  BrushComponent,
  GridComponent,
  LegendComponent,
  MarkLineComponent,
  ParallelComponent,
  TooltipComponent,
  CanvasRenderer,
]);

const FONT = 'system-ui, sans-serif';

/** A range along an axis. */
export type Range = readonly [low: number, high: number];

export interface ChartProps {
  readonly title: string;
  /** What the chart shows, in words, for those who do not see it. */
  readonly label: string;
  readonly option: EChartsOption;
  readonly palette: Palette;
  readonly height: number;
  /** The rectangle that is marked, as ranges of x and y, where the chart can be marked. */
  readonly marked?: readonly [Range, Range] | undefined;
  /** The ranges that are marked on parallel axes. */
  readonly markedAxes?: readonly (Range | undefined)[];
  /** Called with the ranges of x and y that the reader marked, or undefined when the mark was removed. */
  readonly onBrush?: (ranges: readonly [Range, Range] | undefined) => void;
  /** Called with the number of a parallel axis and the range that the reader marked on it. */
  readonly onAxis?: (axis: number, range: Range | undefined) => void;
}

/** A chart that is drawn again only when its option is another one. */
export function Chart({ title, label, option, palette, height, marked, markedAxes, onBrush, onAxis }: ChartProps) {
  const holder = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | undefined>(undefined);
  const handlers = useRef({ onBrush, onAxis });
  handlers.current = { onBrush, onAxis };

  useEffect(() => {
    if (holder.current === null) return;
    const made = init(holder.current);
    chart.current = made;
    made.on('brushEnd', (event) => handlers.current.onBrush?.(brushed(event)));
    made.on('axisareaselected', (event) => {
      const { axis, range } = markedAxis(event);
      handlers.current.onAxis?.(axis, range);
    });
    const observer = new ResizeObserver(() => made.resize());
    observer.observe(holder.current);
    return () => {
      observer.disconnect();
      made.dispose();
    };
  }, []);

  const canBrush = onBrush !== undefined;
  useEffect(() => {
    chart.current?.setOption(
      {
        animation: false,
        color: [...palette.series],
        textStyle: { fontFamily: FONT, color: palette.text },
        // No HTML: names in tooltips come from journals.
        tooltip: {
          renderMode: 'richText',
          confine: true,
          backgroundColor: palette.back,
          borderColor: palette.soft,
          textStyle: { color: palette.text, fontSize: 12, fontFamily: FONT },
        },
        ...(canBrush && {
          brush: {
            xAxisIndex: 0,
            yAxisIndex: 0,
            throttleType: 'debounce',
            outOfBrush: {},
            brushStyle: { color: 'rgba(128,128,128,.15)', borderColor: palette.soft },
          },
        }),
        ...option,
      } as EChartsOption,
      { replaceMerge: ['series', 'xAxis', 'yAxis', 'parallelAxis'] },
    );
    if (canBrush) {
      chart.current?.dispatchAction({
        type: 'takeGlobalCursor',
        key: 'brush',
        brushOption: { brushType: 'rect', brushMode: 'single' },
      });
    }
  }, [option, palette, canBrush]);

  // Marks may come from another view; the chart shows them without saying so again.
  useEffect(() => {
    const areas = marked === undefined ? [] : [{ brushType: 'rect', coordRange: marked, xAxisIndex: 0, yAxisIndex: 0 }];
    if (canBrush) chart.current?.dispatchAction({ type: 'brush', areas }, { silent: true });
    // A range that is set while the reader drags it would end the drag, so only those of removed marks are.
    for (const [axis, range] of (markedAxes ?? []).entries()) {
      if (range !== undefined) continue;
      const action = { type: 'axisAreaSelect', parallelAxisId: `axis${axis}`, intervals: [] };
      chart.current?.dispatchAction(action, { silent: true });
    }
  }, [JSON.stringify([marked, markedAxes]), option, canBrush]);

  return (
    <figure class="chart">
      <figcaption>{title}</figcaption>
      <div ref={holder} role="img" aria-label={label} style={{ height: `${height}px` }} />
    </figure>
  );
}

function brushed(event: unknown): readonly [Range, Range] | undefined {
  const { areas } = event as { readonly areas: readonly { readonly coordRange?: readonly [Range, Range] }[] };
  return areas[0]?.coordRange;
}

function markedAxis(event: unknown): { readonly axis: number; readonly range: Range | undefined } {
  const { parallelAxisId, intervals } = event as {
    readonly parallelAxisId: string;
    readonly intervals: readonly Range[];
  };
  return { axis: Number(parallelAxisId.replace('axis', '')), range: intervals[0] };
}

/** An axis of numbers with its name beside its middle. */
export function numberAxis(name: string, side: 'x' | 'y', { text, soft, line }: Palette) {
  return {
    type: 'value',
    scale: true,
    name,
    nameLocation: 'middle',
    nameGap: side === 'x' ? 28 : 46,
    nameTextStyle: { color: text, fontSize: 12 },
    axisLabel: { color: soft, fontSize: 11, hideOverlap: true },
    axisLine: { show: true, onZero: false, lineStyle: { color: soft } },
    splitLine: { lineStyle: { color: line } },
  } as const;
}

/** The names of the series, above the plot. */
export function legend({ text, soft, line }: Palette) {
  return {
    type: 'plain',
    top: 0,
    left: 0,
    itemWidth: 14,
    itemHeight: 9,
    textStyle: { color: text, fontSize: 12 },
    inactiveColor: line,
    inactiveBorderColor: soft,
  } as const;
}
