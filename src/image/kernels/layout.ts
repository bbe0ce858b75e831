// Sizes that the kernels and their callers agree on. Both read this file: tsc compiles it, and so does asc.

/** Bytes of a vector. */
export const VECTOR = 16;
/** Bytes that most kernels make at a time: as many as eight numbers of 16 bits in a vector. */
export const BYTES_AT_A_TIME = 8;
/** Counts of one byte lie beside each other, so that a run of equal bytes does not wait for its own count. */
export const COUNTS = 4;
/** Rows and columns of a block that is transposed at a time. */
export const BLOCK = 16;
/** How far the outermost taps of a cubic reach over the edge, in pixels. */
export const BORDER = 2;
/** Weights of a resize are whole multiples of 2^-22, the most that leaves room for 8-bit pixels in 32 bits. */
export const PRECISION = 22;
