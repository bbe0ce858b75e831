/** What comes in from outside of the image, by channel: the mean colour of ImageNet. */
export const FILL: readonly [number, number, number] = [124, 116, 104];

/**
 * The value at `fraction` of the way from `second` to `third`, by Keys' cubic with a = −1 as Pillow's transforms have it (its
 * resizing has −0.5). The order of the operations is part of it: results are cut off, not rounded, so that the last bit of a
 * sum can decide.
 */
export function cubic(first: number, second: number, third: number, fourth: number, fraction: number): number {
  const linear = third - first;
  const square = 2 * (first - second) + third - fourth;
  const cube = second - first + fourth - third;
  return second + fraction * (linear + fraction * (square + fraction * cube));
}

/** Cut off to a byte. */
export function toByte(value: number): number {
  if (value <= 0) return 0;
  return value >= 255 ? 255 : value | 0;
}
