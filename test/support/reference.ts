/**
 * The reference for operators: float64 arrays and plain loops. Nothing here uses `src/`, so a mistake there is not
 * repeated.
 */

/** A row-major float64 array. */
export class Reference {
  constructor(
    readonly shape: readonly number[],
    readonly data: Float64Array,
  ) {}

  /** The element at `index`, with broadcasting: a longer index is aligned at the right, and extents of 1 repeat. */
  at(index: readonly number[]): number {
    const skipped = index.length - this.shape.length;
    let offset = 0;
    this.shape.forEach((extent, axis) => {
      offset = offset * extent + (extent === 1 ? 0 : index[skipped + axis]);
    });
    return this.data[offset];
  }
}

/** The array of this shape whose elements are `element(index)`. */
export function reference(shape: readonly number[], element: (index: readonly number[]) => number): Reference {
  let size = 1;
  for (const extent of shape) size *= extent;
  const index = shape.map(() => 0);
  const data = new Float64Array(size);
  for (let offset = 0; offset < size; offset++) {
    data[offset] = element([...index]);
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis] === shape[axis]; axis--) index[axis] = 0;
  }
  return new Reference(shape, data);
}

/** The sum of `term(0)` … `term(extent − 1)`. */
export function total(extent: number, term: (at: number) => number): number {
  let result = 0;
  for (let at = 0; at < extent; at++) result += term(at);
  return result;
}

/** Sums of products, counted: `count` is compared with an operator's stated multiply-accumulates. */
export class Contraction {
  count = 0;

  /** The sum of `left(k) · right(k)` over k = 0 … extent − 1. */
  sum(extent: number, left: (at: number) => number, right: (at: number) => number): number {
    this.count += extent;
    return total(extent, (at) => left(at) * right(at));
  }
}
