import { formatShape } from '../../tensor/shape.js';
import { GraphError } from '../error.js';
import type { Value } from '../value.js';
import { concat } from './concat.js';
import { expand } from './expand.js';
import { matmul } from './matmul.js';
import { reshape } from './reshape.js';
import { pad, slice } from './slice.js';

/** Sequences up to this length are one part: the whole band matrix costs less than cutting. */
const LONGEST_WHOLE = 96;
/** The length of a part of a longer sequence, unless the kernel needs more. */
const PART = 32;

/**
 * A convolution (cross-correlation) of every channel with a kernel of its own: x [C, B, N] with weight [C, K], K odd,
 * and ⌊K/2⌋ zeros around the sequence, gives [C, B, N]. Channels come first: what is computed together lies together.
 *
 * It is one matrix product a channel, with the kernel laid out as a band matrix. That multiplies by many zeros, and
 * still: ONNX Runtime's Conv does a depthwise convolution at a tenth of the speed of its matrix products. Measured on
 * one thread, with both gradients and K = 31: [96, 64, 65] 7.2 → 1.3 ms, [192, 16, 197] 8.7 → 3.1 ms.
 */
export function depthwiseConv1d(x: Value, weight: Value): Value {
  const [channels, batch, length] = x.shape;
  const [, kernel] = weight.shape;
  if (x.shape.length !== 3 || weight.shape.length !== 2 || weight.shape[0] !== channels) {
    throw new GraphError(`depthwiseConv1d: weights ${formatShape(weight.shape)} do not fit ${formatShape(x.shape)}`);
  }
  if (kernel % 2 === 0) throw new GraphError(`depthwiseConv1d: a kernel of ${kernel} has no middle`);
  const macs = channels * batch * length * kernel;
  if (length <= LONGEST_WHOLE) return matmul(x, squareBand(weight, length), { transposeB: true, macs });

  // Parts of equal length, the last of them beyond the end, so that a part and the beginning of the next one are all
  // that a part's results are computed from.
  const part = Math.max(PART, kernel - 1);
  const parts = Math.ceil(length / part);
  const whole = parts * part;
  const half = (kernel - 1) / 2;
  const padded = pad(x, 2, half, whole + part - length - half);
  const [own, next] = [0, part].map((start) =>
    reshape(slice(padded, 2, start, start + whole), [channels, batch * parts, part], { batchAxis: 1 }),
  );
  const windows = kernel === 1 ? own : concat([own, slice(next, 2, 0, kernel - 1)], 2);
  const results = matmul(windows, band(weight, part), { transposeB: true, macs }); // [C, B·parts, part]
  return slice(reshape(results, [channels, batch, whole], { batchAxis: 1 }), 2, 0, length);
}

/** T[c, s, j] = weight[c, j − s], [C, n, n + K − 1]: row s takes the window of position s out of n + K − 1 positions. */
function band(weight: Value, n: number): Value {
  return shiftedRows(pad(weight, 1, 0, n), n);
}

/** The n columns of {@link band} that are not padding: T[c, s, j] = weight[c, j − s + (K − 1)/2], [C, n, n]. */
function squareBand(weight: Value, n: number): Value {
  const [, kernel] = weight.shape;
  const half = (kernel - 1) / 2;
  // The kernel's second half, zeros, its first half: the end of a row is what the next one begins with, one place on.
  const width = Math.max(kernel, n + Math.max(half, 1));
  const right = pad(slice(weight, 1, half, kernel), 1, 0, width - kernel);
  const row = half === 0 ? right : concat([right, slice(weight, 1, 0, half)], 1);
  return slice(shiftedRows(row, n), 2, 0, n);
}

/** n copies of `rows` [C, L] one after another, each shifted by one place more to the right: [C, n, L − 1]. */
function shiftedRows(rows: Value, n: number): Value {
  const [channels, length] = rows.shape;
  const copies = reshape(expand(reshape(rows, [channels, 1, length]), [channels, n, length]), [channels, n * length]);
  // Reading rows that are one element shorter than written moves each by one place.
  return reshape(slice(copies, 1, 0, n * (length - 1)), [channels, n, length - 1]);
}
