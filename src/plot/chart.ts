import type { CustomSeriesOption, EChartsOption, TitleComponentOption, YAXisComponentOption } from 'echarts';

/** The size of a picture in pixels. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

/** Fonts that some system always has: an SVG file embeds none. ECharts does not escape them, so they have no quotes. */
export const FONT = 'Helvetica, Arial, DejaVu Sans, sans-serif';

/** Colours for series that readers with colour blindness can tell apart (Okabe and Ito, 2008). */
export const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

/** The colour of what should stay in the background, such as error bars. */
export const QUIET = '#8c8c8c';

/** The colour of text. */
export const TEXT = '#222222';

/** A chart as the text of an SVG file, drawn without a browser. The same option gives the same bytes. */
export async function drawChart(option: EChartsOption, { width, height }: PictureSize): Promise<string> {
  const { init } = await import('./echarts.js');
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({
      animation: false,
      backgroundColor: '#ffffff',
      color: COLOURS,
      textStyle: { fontFamily: FONT, color: TEXT },
      ...option,
    });
    return legible(withStableNames(chart.renderToSVGString()));
  } finally {
    chart.dispose();
  }
}

/** The title of a picture, and a smaller line below it. */
export function titleOf(text: string, subtext: string): TitleComponentOption {
  return {
    text,
    subtext,
    left: 'center',
    top: 6,
    itemGap: 6,
    textStyle: { fontSize: 15, fontWeight: 'bold', color: TEXT, fontFamily: FONT },
    subtextStyle: { fontSize: 12, color: TEXT, fontFamily: FONT },
  };
}

/** An axis of numbers, with its name beside its middle. The range is that of the data. */
export function numberAxis(name: string, side: 'bottom' | 'left') {
  return {
    type: 'value',
    scale: true,
    boundaryGap: ['4%', '4%'] as [string, string],
    name,
    nameLocation: 'middle',
    nameGap: side === 'bottom' ? 32 : 46,
    nameTextStyle: { fontSize: 13, color: TEXT },
    axisLabel: { fontSize: 12, color: TEXT, hideOverlap: true },
    axisLine: { show: true, onZero: false, lineStyle: { color: TEXT } },
    axisTick: { show: true },
    splitLine: { lineStyle: { color: '#e8e8e8' } },
  } as const;
}

/** An axis of names, from top to bottom. */
export function nameAxis(names: readonly string[]): YAXisComponentOption {
  return {
    type: 'category',
    inverse: true,
    data: [...names],
    axisLabel: { fontSize: 12, color: TEXT },
    axisLine: { show: true, onZero: false, lineStyle: { color: TEXT } },
    axisTick: { show: false },
  };
}

/**
 * The names of the series, below the chart; `top` is the distance from the picture's top edge. The gap is wide because
 * ECharts can only guess the width of text.
 */
export function legendOf(names: readonly string[], top: number) {
  return {
    show: names.length > 1,
    data: [...names],
    top,
    left: 'center',
    itemWidth: 16,
    itemGap: 40,
    textStyle: { fontSize: 12, color: TEXT },
  };
}

/** A bar of values along one axis at a place on the other. */
export interface ErrorBar {
  readonly at: number;
  readonly low: number;
  readonly high: number;
}

/** Error bars with short caps, along the y axis or the x axis. */
export function errorBars(bars: readonly ErrorBar[], along: 'x' | 'y', colour = QUIET): CustomSeriesOption {
  const cap = 4;
  return {
    type: 'custom',
    silent: true,
    z: 1,
    data: bars.map(({ at, low, high }) => [at, low, high]),
    // The axes should also cover the ends of the bars.
    encode: along === 'y' ? { x: 0, y: [1, 2] } : { y: 0, x: [1, 2] },
    renderItem: (_params, api) => {
      const [at, low, high] = [0, 1, 2].map((dimension) => Number(api.value(dimension)));
      const [one, other] = [low, high].map((value) => api.coord(along === 'y' ? [at, value] : [value, at]));
      const line = ([x1, y1]: readonly number[], [x2, y2]: readonly number[]) =>
        ({ type: 'line', shape: { x1, y1, x2, y2 }, style: { stroke: colour, lineWidth: 1.2 } }) as const;
      const [dx, dy] = along === 'y' ? [cap, 0] : [0, cap];
      const caps = [one, other].map(([x, y]) => line([x - dx, y - dy], [x + dx, y + dy]));
      return { type: 'group', children: [line(one, other), ...caps] };
    },
  };
}

/** XML without the control characters that names of users may have, and XML may not. */
export function legible(xml: string): string {
  return xml.replaceAll(/(?![\n\t])\p{Cc}/gu, '\ufffd');
}

/** Text for XML. */
export function escaped(text: string): string {
  const marks: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replaceAll(/[&<>"]/g, (mark) => marks[mark]);
}

/** ECharts numbers names in a file over all charts of a process; number them from 0. */
function withStableNames(svg: string): string {
  const names = new Map<string, string>();
  return svg.replaceAll(/\bzr\d+-(?:cls-|[a-z])\d+\b/g, (name) => {
    const known = names.get(name) ?? `n${names.size}`;
    names.set(name, known);
    return known;
  });
}
