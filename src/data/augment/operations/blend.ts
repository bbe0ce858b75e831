// Brightness, contrast, colour and sharpness all go from a degenerate image through the original and beyond:
// degenerate + factor · (original − degenerate). Pillow computes that in float32 and cuts the result off, and so does this.

/** The blend of one value of either image. */
export function blend(degenerate: number, original: number, factor: number): number {
  return Math.fround(degenerate + Math.fround(Math.fround(factor) * (original - degenerate)));
}

const MOST = 255;

/**
 * factor · difference for the differences −255 ... 255, at difference + 255. Added to the degenerate value this is what
 * {@link blend} gives.
 */
export function weightedDifferences(factor: number): Float32Array {
  const weighted = new Float32Array(2 * MOST + 1);
  for (let at = 0; at < weighted.length; at++) weighted[at] = Math.fround(factor) * (at - MOST);
  return weighted;
}

/** The byte of `degenerate` blended with `original`; `weighted` are the weighted differences of the factor. */
export function blendByte(degenerate: number, original: number, weighted: Float32Array): number {
  const value = Math.fround(degenerate + weighted[original - degenerate + MOST]);
  if (value <= 0) return 0;
  return value >= MOST ? MOST : value | 0;
}
