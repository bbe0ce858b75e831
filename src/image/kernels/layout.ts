// Sizes that the kernels and their callers agree on. Both read this file: tsc compiles it, and so does asc.

/** Bytes of a vector. */
export const VECTOR = 16;
/** Bytes that most kernels make at a time: as many as eight numbers of 16 bits in a vector. */
export const BYTES_AT_A_TIME = 8;
