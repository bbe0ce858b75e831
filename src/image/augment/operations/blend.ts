// Brightness, contrast, colour and sharpness all go from a degenerate image through the original and beyond: degenerate
// + factor · (original − degenerate). As in Pillow, the result is computed in float32 and truncated.

/** Blends two values. */
export function blend(degenerate: number, original: number, factor: number): number {
  return Math.fround(degenerate + Math.fround(Math.fround(factor) * (original - degenerate)));
}
