/**
 * Transposes `blocks` blocks of 16 × 16 bytes. The rows of a block are `sourceLine` bytes apart, and the next block begins
 * `sourceStep` bytes after it; likewise with `targetLine` and `targetStep` at the target.
 *
 * A byte's place has eight bits: four for the vector it is in and four for where it is there. Each round interleaves vector i with
 * vector i + 8, which turns the eight bits by one; after four rounds the two halves have changed places.
 */
export function transposeBlocks(
  source: usize,
  sourceLine: usize,
  sourceStep: usize,
  blocks: usize,
  target: usize,
  targetLine: usize,
  targetStep: usize,
): void {
  for (let block: usize = 0; block < blocks; block++) {
    let from = source;
    const a0 = v128.load(from);
    from += sourceLine;
    const a1 = v128.load(from);
    from += sourceLine;
    const a2 = v128.load(from);
    from += sourceLine;
    const a3 = v128.load(from);
    from += sourceLine;
    const a4 = v128.load(from);
    from += sourceLine;
    const a5 = v128.load(from);
    from += sourceLine;
    const a6 = v128.load(from);
    from += sourceLine;
    const a7 = v128.load(from);
    from += sourceLine;
    const a8 = v128.load(from);
    from += sourceLine;
    const a9 = v128.load(from);
    from += sourceLine;
    const a10 = v128.load(from);
    from += sourceLine;
    const a11 = v128.load(from);
    from += sourceLine;
    const a12 = v128.load(from);
    from += sourceLine;
    const a13 = v128.load(from);
    from += sourceLine;
    const a14 = v128.load(from);
    from += sourceLine;
    const a15 = v128.load(from);

    const b0 = interleaveLow(a0, a8);
    const b1 = interleaveHigh(a0, a8);
    const b2 = interleaveLow(a1, a9);
    const b3 = interleaveHigh(a1, a9);
    const b4 = interleaveLow(a2, a10);
    const b5 = interleaveHigh(a2, a10);
    const b6 = interleaveLow(a3, a11);
    const b7 = interleaveHigh(a3, a11);
    const b8 = interleaveLow(a4, a12);
    const b9 = interleaveHigh(a4, a12);
    const b10 = interleaveLow(a5, a13);
    const b11 = interleaveHigh(a5, a13);
    const b12 = interleaveLow(a6, a14);
    const b13 = interleaveHigh(a6, a14);
    const b14 = interleaveLow(a7, a15);
    const b15 = interleaveHigh(a7, a15);

    const c0 = interleaveLow(b0, b8);
    const c1 = interleaveHigh(b0, b8);
    const c2 = interleaveLow(b1, b9);
    const c3 = interleaveHigh(b1, b9);
    const c4 = interleaveLow(b2, b10);
    const c5 = interleaveHigh(b2, b10);
    const c6 = interleaveLow(b3, b11);
    const c7 = interleaveHigh(b3, b11);
    const c8 = interleaveLow(b4, b12);
    const c9 = interleaveHigh(b4, b12);
    const c10 = interleaveLow(b5, b13);
    const c11 = interleaveHigh(b5, b13);
    const c12 = interleaveLow(b6, b14);
    const c13 = interleaveHigh(b6, b14);
    const c14 = interleaveLow(b7, b15);
    const c15 = interleaveHigh(b7, b15);

    const d0 = interleaveLow(c0, c8);
    const d1 = interleaveHigh(c0, c8);
    const d2 = interleaveLow(c1, c9);
    const d3 = interleaveHigh(c1, c9);
    const d4 = interleaveLow(c2, c10);
    const d5 = interleaveHigh(c2, c10);
    const d6 = interleaveLow(c3, c11);
    const d7 = interleaveHigh(c3, c11);
    const d8 = interleaveLow(c4, c12);
    const d9 = interleaveHigh(c4, c12);
    const d10 = interleaveLow(c5, c13);
    const d11 = interleaveHigh(c5, c13);
    const d12 = interleaveLow(c6, c14);
    const d13 = interleaveHigh(c6, c14);
    const d14 = interleaveLow(c7, c15);
    const d15 = interleaveHigh(c7, c15);

    const e0 = interleaveLow(d0, d8);
    const e1 = interleaveHigh(d0, d8);
    const e2 = interleaveLow(d1, d9);
    const e3 = interleaveHigh(d1, d9);
    const e4 = interleaveLow(d2, d10);
    const e5 = interleaveHigh(d2, d10);
    const e6 = interleaveLow(d3, d11);
    const e7 = interleaveHigh(d3, d11);
    const e8 = interleaveLow(d4, d12);
    const e9 = interleaveHigh(d4, d12);
    const e10 = interleaveLow(d5, d13);
    const e11 = interleaveHigh(d5, d13);
    const e12 = interleaveLow(d6, d14);
    const e13 = interleaveHigh(d6, d14);
    const e14 = interleaveLow(d7, d15);
    const e15 = interleaveHigh(d7, d15);

    let to = target;
    v128.store(to, e0);
    to += targetLine;
    v128.store(to, e1);
    to += targetLine;
    v128.store(to, e2);
    to += targetLine;
    v128.store(to, e3);
    to += targetLine;
    v128.store(to, e4);
    to += targetLine;
    v128.store(to, e5);
    to += targetLine;
    v128.store(to, e6);
    to += targetLine;
    v128.store(to, e7);
    to += targetLine;
    v128.store(to, e8);
    to += targetLine;
    v128.store(to, e9);
    to += targetLine;
    v128.store(to, e10);
    to += targetLine;
    v128.store(to, e11);
    to += targetLine;
    v128.store(to, e12);
    to += targetLine;
    v128.store(to, e13);
    to += targetLine;
    v128.store(to, e14);
    to += targetLine;
    v128.store(to, e15);
    source += sourceStep;
    target += targetStep;
  }
}

/** The first eight bytes of both in turns. */
function interleaveLow(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

/** The last eight bytes of both in turns. */
function interleaveHigh(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}
