/**
 * No photograph has more pixels. At three bytes each they take 400 MB, and a header alone must not cause such an
 * allocation.
 */
const MOST_PIXELS = 2 ** 27;

/** What the decoder refuses: damaged data, images that are too large, and satellites' with more bands than CMYK. */
export const DECODER_LIMITS = { failOn: 'error', limitInputPixels: MOST_PIXELS, limitInputChannels: 4 } as const;

/** The decoder's messages, and what they mean for the user. */
const REASONS: readonly (readonly [RegExp, string])[] = [
  [
    /unsupported image format|buffer is empty/i,
    'it is empty or no image of a known format (JPEG, PNG, WebP, GIF, AVIF, TIFF)',
  ],
  [/exceeds pixel limit/, `its header says that it has more than ${Math.floor(MOST_PIXELS / 1e6)} million pixels`],
  [/exceeds channel limit/, 'it has more than four bands; keep red, green and blue'],
  [/is missing/, 'the file does not exist'],
  [/bad extract area/, 'it has other extents than its header says'],
];

/** Why an image could not be read, in one line that follows its name; the decoder's own messages take many lines. */
export function decodingFailure(error: unknown): Error {
  const message = error instanceof Error ? error.message : String(error);
  const known = REASONS.find(([pattern]) => pattern.test(message));
  if (known !== undefined) return new Error(known[1], { cause: error });
  const detail = message
    .replace('Input file has corrupt header:', '')
    .replace('Input buffer has corrupt header:', '')
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '' && !line.includes('bad seek'));
  return new Error(`it is damaged or cut off${detail === undefined ? '' : ` (${detail})`}`, { cause: error });
}
