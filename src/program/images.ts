import { add, cast, constant, input, mul, type Value } from '../graph/index.js';
import type { Normalization } from '../family/preprocessing.js';
import { float32 } from '../tensor/tensor.js';

/**
 * The graph input `images`, [B, 3, S, S] with values from 0 to 255, and its normalised value, computed on the device,
 * float32 [B, 3, S, S].
 */
export function pixelImages(
  batch: number,
  size: number,
  normalization: Normalization,
  type: 'uint8' | 'float32' = 'uint8',
): Value {
  const given = input('images', type, [batch, 3, size, size]);
  return normalized(type === 'float32' ? given : cast(given, 'float32'), normalization);
}

/** Pixels from 0 to 255 with three channels, float32 [B, 3, S, S], normalised. */
export function normalized(pixels: Value, { mean, std }: Normalization): Value {
  const scale = constant(
    float32(
      [3, 1, 1],
      std.map((deviation) => 1 / (255 * deviation)),
    ),
  );
  const shift = constant(
    float32(
      [3, 1, 1],
      mean.map((level, channel) => -level / std[channel]),
    ),
  );
  return add(mul(pixels, scale), shift);
}

/** The same normalisation on the host: float32 [B, 3, S, S] from uint8, for models with normalised inputs. */
export function normalizePixels(pixels: Uint8Array, size: number, { mean, std }: Normalization): Float32Array {
  const plane = size * size;
  return Float32Array.from(pixels, (value, at) => {
    const channel = Math.floor(at / plane) % 3;
    return (value / 255 - mean[channel]) / std[channel];
  });
}
