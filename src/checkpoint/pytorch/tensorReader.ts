import { constants } from 'node:buffer';
import { tensor, type Tensor } from '../../tensor/tensor.js';
import type { ElementType } from '../elements.js';
import type { StoredBytes } from './container.js';
import { Malformed } from '../malformed.js';
import type { TensorView } from './values.js';

/** The tensor of a view, row-major, in its own buffer. `view` has been checked. */
export async function readView(view: TensorView, element: ElementType, stored: StoredBytes): Promise<Tensor> {
  const { storage, scalar, offset, shape, elements, reach } = view;
  const largest = Math.max(reach, elements) * scalar.bytes;
  if (largest > constants.MAX_LENGTH) {
    throw new Malformed(`it has a tensor of ${largest} bytes; this version of Node.js allows ${constants.MAX_LENGTH}`);
  }
  const span = new ArrayBuffer(reach * scalar.bytes);
  // Read only what the view reaches: a slice of a large storage takes only the slice's memory.
  if (reach > 0) await stored.fill(new Uint8Array(span), (storage.begin + offset) * scalar.bytes);
  const ordered = isContiguous(view) ? span : gather(view, span, elements);
  return tensor(element.dtype, shape, element.read(ordered));
}

/** Whether the elements are row-major without gaps. Axes of extent 1 may have any stride. */
function isContiguous({ shape, strides, elements }: TensorView): boolean {
  if (elements === 0) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) return false;
    expected *= shape[axis];
  }
  return true;
}

/** Arrays that carry elements of this many bytes, whatever they mean. */
const CARRIERS: ReadonlyMap<number, typeof Uint8Array | typeof Uint16Array | typeof Uint32Array> = new Map<
  number,
  typeof Uint8Array | typeof Uint16Array | typeof Uint32Array
>([
  [1, Uint8Array],
  [2, Uint16Array],
  [4, Uint32Array],
]);

function gather({ shape, strides, scalar }: TensorView, span: ArrayBuffer, elements: number): ArrayBuffer {
  const gathered = new ArrayBuffer(elements * scalar.bytes);
  const copy = copier(scalar.bytes, span, gathered);
  const index = shape.map(() => 0);
  let position = 0;
  for (let at = 0; at < elements; at++) {
    copy(position, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      position += strides[axis];
      if (++index[axis] < shape[axis]) break;
      position -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return gathered;
}

/** Copies one element between positions in `from` and `to`. */
function copier(bytes: number, from: ArrayBuffer, to: ArrayBuffer): (source: number, target: number) => void {
  if (bytes === 8) {
    const [source, target] = [new BigUint64Array(from), new BigUint64Array(to)];
    return (at, into) => void (target[into] = source[at]);
  }
  const Carrier = CARRIERS.get(bytes) ?? Uint8Array;
  const [source, target] = [new Carrier(from), new Carrier(to)];
  return (at, into) => void (target[into] = source[at]);
}
