import sharp from 'sharp';
import type { Image } from '../image/image.js';
import { heatColour } from './colours.js';
import { resizedMap, type HeatMap } from './heatMap.js';

/** Panels have at least as many pixels a side, so that networks for small images show something. */
const LEAST_SIDE = 224;
const GAP = 4;
/** Share of the colour in an overlay; the rest is the image. */
const OPACITY = 0.5;

/** A square picture to look at: interleaved RGB bytes [side, side, 3]. */
export interface Panel {
  readonly side: number;
  readonly pixels: Uint8Array;
}

/** The image as the network sees it, every pixel enlarged to a square of pixels where it is small. */
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

/** The colours of a map laid over a panel. */
export function overlayPanel({ side, pixels }: Panel, map: HeatMap): Panel {
  const { values } = resizedMap(map, side);
  const blended = pixels.map((level, at) => {
    const colour = heatColour(values[Math.floor(at / 3)]);
    return Math.round((1 - OPACITY) * level + OPACITY * colour[at % 3]);
  });
  return { side, pixels: blended };
}

/** Panels of one side beside each other, as a PNG. */
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
