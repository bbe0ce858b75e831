import type { Sfc32 } from './sfc32.js';

// The area under the right half of exp(−x²/2) is divided into layers of equal area, each as wide as the curve at its
// lower edge. The lowest layer includes the tail; the tables have it as a rectangle of the whole area.

/** A power of two, so that the low bits of a word select one. */
const LAYERS = 128;
/** The start of the tail and the area of a layer, such that the 128th layer ends at the top of the curve. */
const TAIL = 3.442619855899;
const AREA = 9.91256303526217e-3;

const density = (x: number): number => Math.exp(-0.5 * x * x);

/** [LAYERS + 1]: the width of each layer. */
const WIDTHS = new Float64Array(LAYERS + 1);
WIDTHS[0] = AREA / density(TAIL);
WIDTHS[1] = TAIL;
for (let layer = 2; layer < LAYERS; layer++) {
  const below = WIDTHS[layer - 1];
  WIDTHS[layer] = Math.sqrt(-2 * Math.log(AREA / below + density(below)));
}

/** [LAYERS + 1]: the height of the curve there. */
const DENSITIES = WIDTHS.map(density);

/** A word selects a position in a layer, an integer from −POSITIONS to POSITIONS − 1. */
const POSITIONS = 2 ** 24;
/** [LAYERS]: the distance between positions. */
const STEPS = Float64Array.from({ length: LAYERS }, (_, layer) => WIDTHS[layer] / POSITIONS);
/** [LAYERS]: the positions up to which a layer is under the curve at every height. */
const INNER = Float64Array.from({ length: LAYERS }, (_, layer) => (WIDTHS[layer + 1] / WIDTHS[layer]) * POSITIONS);

const layerOf = (word: number): number => word & (LAYERS - 1);
const positionOf = (word: number): number => word >> 7; // which keeps the sign

/** Words to draw at a time. */
const drawn = new Int32Array(256);

/**
 * Fills `target` with standard normal numbers by the ziggurat method (Marsaglia and Tsang, 2000): 98 % take one word
 * and one multiplication. The low 7 bits of a word select the layer and the other 25 the position, so they are
 * independent.
 */
export function fillNormal(target: Float32Array, words: Sfc32): void {
  for (let start = 0; start < target.length; start += drawn.length) {
    const count = Math.min(drawn.length, target.length - start);
    words.fill(drawn, count);
    for (let at = 0; at < count; at++) {
      const layer = layerOf(drawn[at]);
      const position = positionOf(drawn[at]);
      target[start + at] = Math.abs(position) < INNER[layer] ? position * STEPS[layer] : atEnd(layer, position, words);
    }
  }
}

/** The number for a position at the end of a layer, which crosses the curve. */
function atEnd(layer: number, position: number, words: Sfc32): number {
  if (layer === 0) return position < 0 ? -tail(words) : tail(words);
  const x = position * STEPS[layer];
  const lower = DENSITIES[layer];
  if (lower + uniform(words) * (DENSITIES[layer + 1] - lower) < density(x)) return x;
  // Above the curve: draw another word, for any position in any layer.
  const word = words.next() | 0;
  const other = layerOf(word);
  return Math.abs(positionOf(word)) < INNER[other]
    ? positionOf(word) * STEPS[other]
    : atEnd(other, positionOf(word), words);
}

/** A number beyond TAIL (Marsaglia, 1964). */
function tail(words: Sfc32): number {
  for (;;) {
    const beyond = -Math.log(uniform(words)) / TAIL;
    if (-2 * Math.log(uniform(words)) >= beyond * beyond) return TAIL + beyond;
  }
}

/** In the open interval from 0 to 1. */
function uniform(words: Sfc32): number {
  return (words.next() + 0.5) / 2 ** 32;
}
