/** A number from the bits of an IEEE 754 binary16: 1 sign bit, 5 exponent bits, 10 fraction bits. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  // Below the smallest normal number the leading 1 is absent and the exponent stays at its lowest.
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The bits of the nearest binary16; ties go to the even one, and what is too large becomes infinite. */
export function toHalf(value: number): number {
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (Number.isNaN(size)) return 0x7e00;
  if (size >= LIMIT) return sign | 0x7c00;
  const exponent = Math.max(exponentOf(size), -14);
  // In units of the last place, 1024 to 2048 for normal numbers; 2048 carries into the exponent.
  return sign + ((exponent + 14) << 10) + toEven(size * 2 ** (10 - exponent));
}

/** Halfway between the largest binary16, 65504, and the next power of two. */
const LIMIT = 65520;

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** The power of two below a positive number that float32 can hold. */
function exponentOf(size: number): number {
  float[0] = size;
  return (bits[0] >> 23) - 127;
}

function toEven(value: number): number {
  const rounded = Math.round(value);
  return rounded - value === 0.5 && rounded % 2 === 1 ? rounded - 1 : rounded;
}
