/** Red, green and blue, 0 to 255. */
export type Colour = readonly [red: number, green: number, blue: number];

const STEPS = 256;

/**
 * The colour of a value between 0 and 1, from near black through violet and red to pale yellow. Lightness rises evenly
 * in OKLab (Ottosson, 2020), so equal steps look equal, and the order survives grey prints and colour blindness.
 */
export function heatColour(value: number): Colour {
  return TABLE[Math.round(Math.min(Math.max(value, 0), 1) * (STEPS - 1))];
}

const TABLE: readonly Colour[] = Array.from({ length: STEPS }, (_, step) => {
  const value = step / (STEPS - 1);
  const lightness = 0.18 + 0.78 * value;
  // Hue goes from violet (290°) up through red to yellow (105°); the dark and light ends have less room for chroma.
  const hue = ((290 + 175 * value) * Math.PI) / 180;
  const chroma = 0.19 * Math.sin(Math.PI * (0.12 + 0.78 * value));
  return fromOklab(lightness, chroma * Math.cos(hue), chroma * Math.sin(hue));
});

/** Björn Ottosson's published matrices, then the transfer curve of sRGB. Values outside sRGB are clipped. */
function fromOklab(lightness: number, a: number, b: number): Colour {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    toByte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
    toByte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
    toByte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s),
  ];
}

function toByte(linear: number): number {
  const light = Math.min(Math.max(linear, 0), 1);
  return Math.round(255 * (light <= 0.0031308 ? 12.92 * light : 1.055 * light ** (1 / 2.4) - 0.055));
}
