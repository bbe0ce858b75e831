import { sizeOf, tensor, type Shape, type Tensor } from '../tensor/tensor.js';

/** The elements `start` (inclusive) to `end` (exclusive) of an axis. */
export interface Interval {
  readonly start: number;
  readonly end: number;
}

export function lengthOf({ start, end }: Interval): number {
  return end - start;
}

/** Whether each interval contains the other list's interval of the same axis. */
export function contains(outer: readonly Interval[], inner: readonly Interval[]): boolean {
  return outer.every(({ start, end }, axis) => start <= inner[axis].start && inner[axis].end <= end);
}

/** A place in a host tensor. */
export interface Corner {
  readonly data: Float32Array;
  readonly shape: Shape;
  /** The first element, by axis. */
  readonly at: readonly number[];
}

/** Copies a box of these extents from one tensor to another of the same rank. */
export function copyBox(from: Corner, to: Corner, extents: Shape): void {
  const last = extents.length - 1;
  const visit = (axis: number, source: number, target: number): void => {
    const [first, second] = [from, to].map(({ at }) => at[axis]);
    const [sourceRow, targetRow] = [source * from.shape[axis] + first, target * to.shape[axis] + second];
    if (axis === last) to.data.set(from.data.subarray(sourceRow, sourceRow + extents[axis]), targetRow);
    else for (let at = 0; at < extents[axis]; at++) visit(axis + 1, sourceRow + at, targetRow + at);
  };
  visit(0, 0, 0);
}

/** The values of the box `axes` of a variable that has the axes `whole`. */
export function boxOf(
  { data }: Tensor<'float32'>,
  whole: readonly Interval[],
  axes: readonly Interval[],
): Tensor<'float32'> {
  const extents = axes.map(lengthOf);
  const box = tensor('float32', extents, new Float32Array(sizeOf(extents)));
  const at = axes.map(({ start }, axis) => start - whole[axis].start);
  copyBox(
    { data, shape: whole.map(lengthOf), at },
    { data: box.data, shape: extents, at: extents.map(() => 0) },
    extents,
  );
  return box;
}
