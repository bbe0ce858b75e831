// Brightness, contrast, colour and sharpness all go from a degenerate image through the original and beyond:
// degenerate + factor · (original − degenerate). Pillow computes that in float32 and cuts the result off, and so does this.

/** The blend of one value of either image. */
export function blend(degenerate: number, original: number, factor: number): number {
  return Math.fround(degenerate + Math.fround(Math.fround(factor) * (original - degenerate)));
}
