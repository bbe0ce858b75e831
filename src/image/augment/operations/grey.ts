/** The brightness of a colour by ITU-R 601-2, in whole numbers as Pillow's conversion to grey has it. */
export function grey(red: number, green: number, blue: number): number {
  return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
}
