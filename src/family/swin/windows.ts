import { float32, type Tensor } from '../../tensor/tensor.js';

/** How the tokens of a square grid are cut into windows. */
export interface Windows {
  /** Side of the grid, filled up to whole windows. */
  readonly side: number;
  /** Side of a window. */
  readonly window: number;
  /** How far the grid is rolled up and to the left before it is cut. */
  readonly shift: number;
}

/**
 * The windows over a grid of `rows` × `rows` tokens, which is filled up to whole windows. A window over all of it is not
 * moved.
 */
export function windowsOf(rows: number, { window, shift }: Omit<Windows, 'side'>): Windows {
  const side = Math.ceil(rows / window) * window;
  return { side, window, shift: window >= side ? 0 : shift };
}

/**
 * Where each place of the windows comes from: for places ordered by window, head, row and column in it, the number of the
 * same token and head in the grid, whose places are ordered by row, column and head. A permutation.
 */
export function windowOrder(windows: Windows, heads: number): readonly number[] {
  const { side, window, shift } = windows;
  const order: number[] = [];
  forEachWindow(windows, (top, left) => {
    for (let head = 0; head < heads; head++) {
      for (let row = 0; row < window; row++) {
        for (let column = 0; column < window; column++) {
          const token = ((top + row + shift) % side) * side + ((left + column + shift) % side);
          order.push(token * heads + head);
        }
      }
    }
  });
  return order;
}

/** The permutation that undoes `order`. */
export function inverse(order: readonly number[]): readonly number[] {
  const back = order.map(() => 0);
  order.forEach((from, at) => (back[from] = at));
  return back;
}

/** What attention adds to the scores of tokens that only the roll has brought into one window. */
const MASKED = -100;

/**
 * For every window, what is added to the score of each of its tokens for each other, [windows, 1, N, N]: 0 where both are
 * of one region of the image, {@link MASKED} where the roll has brought them together. Undefined where nothing is masked.
 */
export function attentionMask(windows: Windows): Tensor<'float32'> | undefined {
  const { side, window, shift } = windows;
  if (shift === 0) return undefined;
  const region = (at: number): number => (at < side - window ? 0 : at < side - shift ? 1 : 2);
  const mask: number[] = [];
  forEachWindow(windows, (top, left) => {
    const regions = places(window).map(([row, column]) => 3 * region(top + row) + region(left + column));
    for (const one of regions) mask.push(...regions.map((other) => (one === other ? 0 : MASKED)));
  });
  const tokens = window * window;
  return float32([(side / window) ** 2, 1, tokens, tokens], mask);
}

/**
 * For each token of a window and each other the row of the table of relative positions, [(2w − 1)², heads], that holds
 * their bias; N² numbers.
 */
export function relativePositions(window: number): readonly number[] {
  const tokens = places(window);
  return tokens.flatMap(([row, column]) =>
    tokens.map(
      ([otherRow, otherColumn]) =>
        (row - otherRow + window - 1) * (2 * window - 1) + (column - otherColumn + window - 1),
    ),
  );
}

/** Row and column of each token of a window. */
function places(window: number): readonly (readonly [row: number, column: number])[] {
  return Array.from({ length: window * window }, (_, at) => [Math.floor(at / window), at % window]);
}

function forEachWindow({ side, window }: Windows, visit: (top: number, left: number) => void): void {
  for (let top = 0; top < side; top += window) for (let left = 0; left < side; left += window) visit(top, left);
}
