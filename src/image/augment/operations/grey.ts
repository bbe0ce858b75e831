/** The brightness of a colour by ITU-R 601-2, in integers like Pillow's conversion to grey. */
export function grey(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}
