/** A network's latency, and how often each part is in it. */
export interface Observation {
  /** Indices of parts, once for each time that the network has the part. */
  readonly parts: readonly number[];
  readonly milliseconds: number;
  /** Relative to the other observations. */
  readonly weight: number;
}

/** Pulls the parts that the observations leave open to the same share of a network, and hardly moves the others. */
const RIDGE = 1e-4;

/**
 * The latency of each of `count` parts such that sums over parts predict the observations best: least squares of the
 * relative errors, so that small networks count as much as large ones.
 */
export function fitParts(observations: readonly Observation[], count: number): number[] {
  const usual =
    observations.reduce((sum, { milliseconds, parts }) => sum + milliseconds / parts.length, 0) / observations.length;
  // In units of `usual`, around 1: (AᵀWA + λI)·z = AᵀW·(y − A·1) + 0, and a part takes usual·(1 + z).
  const matrix = Array.from({ length: count }, (_, row) =>
    Array.from({ length: count }, (__, column) => (row === column ? RIDGE : 0)),
  );
  const right = new Array<number>(count).fill(0);
  for (const { parts, milliseconds, weight } of observations) {
    const scale = (weight * usual ** 2) / milliseconds ** 2;
    const residual = milliseconds / usual - parts.length;
    for (const one of parts) {
      right[one] += scale * residual;
      for (const other of parts) matrix[one][other] += scale;
    }
  }
  return solved(matrix, right).map((z) => usual * (1 + z));
}

/** Solves a symmetric positive definite system by Cholesky's factorisation, in place. */
function solved(matrix: number[][], right: number[]): number[] {
  const size = right.length;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let value = matrix[row][column];
      for (let k = 0; k < column; k++) value -= matrix[row][k] * matrix[column][k];
      matrix[row][column] = row === column ? Math.sqrt(value) : value / matrix[column][column];
    }
  }
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < row; k++) right[row] -= matrix[row][k] * right[k];
    right[row] /= matrix[row][row];
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) right[row] -= matrix[k][row] * right[k];
    right[row] /= matrix[row][row];
  }
  return right;
}
