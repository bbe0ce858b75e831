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

/** [LAYERS]: the share of each layer that lies under the curve at every height. */
const INNER = new Float64Array(LAYERS);
for (let layer = 0; layer < LAYERS; layer++) INNER[layer] = WIDTHS[layer + 1] / WIDTHS[layer];

/**
 * Fills `target` with standard normal numbers by the ziggurat method (Marsaglia and Tsang, 2000): for 98 of 100, one word
 * and one multiplication. A word's low 7 bits choose the layer and the other 25 the place in it, so that they are independent.
 */
export function fillNormal(target: Float32Array, words: Sfc32): void {
  for (let at = 0; at < target.length; at++) target[at] = normal(words);
}

function normal(words: Sfc32): number {
  for (;;) {
    const word = words.next();
    const layer = word & (LAYERS - 1);
    const share = (word >> 7) / 2 ** 24; // -1 ... 1, since >> keeps the sign
    const x = share * WIDTHS[layer];
    if (Math.abs(share) < INNER[layer]) return x;
    if (layer === 0) return share < 0 ? -tail(words) : tail(words);
    // Between the rectangle that is all under the curve and the end of the layer, the height decides.
    const [lower, upper] = [density(WIDTHS[layer]), density(WIDTHS[layer + 1])];
    if (lower + uniform(words) * (upper - lower) < density(x)) return x;
  }
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
