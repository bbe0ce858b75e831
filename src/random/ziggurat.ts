import type { Sfc32 } from './sfc32.js';

// The area under the right half of exp(−x²/2) is cut into layers of one size, as wide as the curve is at their lower edge.
// The lowest one has the tail besides its rectangle, and stands in the tables as a rectangle of that whole area.

/** A power of two, so that the low bits of a word choose one. */
const LAYERS = 128;
/** Where the tail begins and what a layer's area is, so that the 128th layer ends at the top of the curve. */
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

/** A word's places in a layer are the whole numbers from −PLACES to PLACES − 1. */
const PLACES = 2 ** 24;
/** [LAYERS]: how far apart they are. */
const STEPS = Float64Array.from({ length: LAYERS }, (_, layer) => WIDTHS[layer] / PLACES);
/** [LAYERS]: up to where a layer lies under the curve at every height, in places. */
const INNER = Float64Array.from({ length: LAYERS }, (_, layer) => (WIDTHS[layer + 1] / WIDTHS[layer]) * PLACES);

const layerOf = (word: number): number => word & (LAYERS - 1);
const placeOf = (word: number): number => word >> 7; // which keeps the sign

/** Words that are drawn at a time. */
const drawn = new Int32Array(256);

/**
 * Fills `target` with standard normal numbers by the ziggurat method (Marsaglia and Tsang, 2000): for 98 of 100, one word
 * and one multiplication. A word's low 7 bits choose the layer and the other 25 the place in it, so that they are independent.
 */
export function fillNormal(target: Float32Array, words: Sfc32): void {
  for (let start = 0; start < target.length; start += drawn.length) {
    const count = Math.min(drawn.length, target.length - start);
    words.fill(drawn, count);
    for (let at = 0; at < count; at++) {
      const layer = layerOf(drawn[at]);
      const place = placeOf(drawn[at]);
      target[start + at] = Math.abs(place) < INNER[layer] ? place * STEPS[layer] : atEnd(layer, place, words);
    }
  }
}

/** The number for a place at the end of a layer, which the curve cuts through. */
function atEnd(layer: number, place: number, words: Sfc32): number {
  if (layer === 0) return place < 0 ? -tail(words) : tail(words);
  const x = place * STEPS[layer];
  const lower = DENSITIES[layer];
  if (lower + uniform(words) * (DENSITIES[layer + 1] - lower) < density(x)) return x;
  // Above the curve: another word decides, for any place of any layer.
  const word = words.next() | 0;
  const other = layerOf(word);
  return Math.abs(placeOf(word)) < INNER[other] ? placeOf(word) * STEPS[other] : atEnd(other, placeOf(word), words);
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
