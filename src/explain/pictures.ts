import sharp from 'sharp';
import type { Image } from '../image/image.js';
import { heatColour } from './colours.js';
import { resizedMap, type HeatMap } from './heatMap.js';

/** Minimum side of a panel in pixels, so that maps of small images are visible. */
const LEAST_SIDE = 224;
const GAP = 4;
/** Opacity of the colour in an overlay. */
const OPACITY = 0.5;

/** A square picture: interleaved RGB bytes [side, side, 3]. */
export interface Panel {
  readonly side: number;
  readonly pixels: Uint8Array;
}

/** The network's input; pixels of small images are enlarged to squares. */
export function imagePanel({ size, pixels }: Image): Panel {
  const factor = Math.ceil(LEAST_SIDE / size);
  const side = size * factor;
  const plane = size * size;
  const enlarged = new Uint8Array(3 * side * side);
  for (let to = 0; to < side * side; to++) {
    const from = Math.floor(Math.floor(to / side) / factor) * size + Math.floor((to % side) / factor);
    for (let channel = 0; channel < 3; channel++) enlarged[3 * to + channel] = pixels[channel * plane + from];
  }
  return { side, pixels: enlarged };
}

/** Overlays a map's colours on a panel. */
export function overlayPanel({ side, pixels }: Panel, map: HeatMap): Panel {
  const { values } = resizedMap(map, side);
  const blended = pixels.map((level, at) => {
    const colour = heatColour(values[Math.floor(at / 3)]);
    return Math.round((1 - OPACITY) * level + OPACITY * colour[at % 3]);
  });
  return { side, pixels: blended };
}

/** Panels of equal side, next to each other, as a PNG. */
export function panelsPng(panels: readonly Panel[]): Promise<Buffer> {
  const [{ side }] = panels;
  const width = panels.length * (side + GAP) - GAP;
  const sheet = new Uint8Array(3 * width * side).fill(255);
  panels.forEach(({ pixels }, at) => {
    for (let row = 0; row < side; row++) {
      sheet.set(pixels.subarray(3 * row * side, 3 * (row + 1) * side), 3 * (row * width + at * (side + GAP)));
    }
  });
  return sharp(sheet, { raw: { width, height: side, channels: 3 } })
    .png()
    .toBuffer();
}

/** A map as a grey PNG: black is 0, white 1. */
export function mapPng({ side, values }: HeatMap): Promise<Buffer> {
  const grey = Uint8Array.from(values, (value) => Math.round(255 * value));
  return sharp(grey, { raw: { width: side, height: side, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();
}
