import { readFileSync } from 'node:fs';

/** What kernels need of the WebAssembly global, which TypeScript knows of in browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The memory that kernels read and write; an address is the number of a byte in it. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** The kernels of `assembly/` with their memory. What a kernel does with its parameters stands in the file of its name. */
export interface Kernels {
  readonly memory: KernelMemory;
  readonly blendFloats: (one: number, other: number, bytes: number, own: number, rest: number) => void;
  readonly bytesToFloats: (source: number, length: number, target: number) => void;
  readonly countBytes: (source: number, length: number, counts: number) => void;
  readonly mirrorRows: (source: number, size: number, rows: number, target: number) => void;
  readonly padLines: (
    source: number,
    sourceLine: number,
    lines: number,
    length: number,
    target: number,
    targetLine: number,
  ) => void;
  readonly recolour: (source: number, plane: number, length: number, factor: number, target: number) => void;
  readonly replaceBytes: (source: number, length: number, table: number, target: number) => void;
  readonly resizeLines: (
    source: number,
    line: number,
    starts: number,
    counts: number,
    weights: number,
    most: number,
    lines: number,
    width: number,
    target: number,
  ) => void;
  readonly sharpen: (source: number, line: number, length: number, factor: number, target: number) => void;
  readonly slideRows: (
    source: number,
    sourceLine: number,
    sourcePlane: number,
    size: number,
    shifts: number,
    fills: number,
    target: number,
    targetLine: number,
    targetPlane: number,
  ) => void;
  readonly transposeBlocks: (
    source: number,
    sourceLine: number,
    sourceStep: number,
    blocks: number,
    target: number,
    targetLine: number,
    targetStep: number,
  ) => void;
  readonly turn: (
    source: number,
    sourceLine: number,
    sourcePlane: number,
    size: number,
    matrix: number,
    fills: number,
    target: number,
    targetLine: number,
    targetPlane: number,
  ) => void;
}

/**
 * Returns a function that calls `run` with kernels whose memory has at least `bytes` bytes, of any content. Kernels are kept for
 * the next call, but memory of WebAssembly never shrinks, so those with more than `mostKept` bytes are let go.
 */
export function keepingKernels(mostKept: number) {
  let kept: Kernels | undefined;
  return <T>(bytes: number, run: (kernels: Kernels) => T): T => {
    const kernels = (kept ??= makeKernels());
    reserve(kernels.memory, bytes);
    const result = run(kernels);
    if (kernels.memory.buffer.byteLength > mostKept) kept = undefined;
    return result;
  };
}

let compiled: object | undefined;

/** Kernels with a memory of their own. The module is compiled once a thread. */
function makeKernels(): Kernels {
  compiled ??= new WebAssembly.Module(readFileSync(new URL('./kernels.wasm', import.meta.url)));
  return new WebAssembly.Instance(compiled).exports as Kernels;
}

const PAGE = 2 ** 16;

/** Grows a memory to at least `bytes` bytes. */
function reserve(memory: KernelMemory, bytes: number): void {
  if (memory.buffer.byteLength < bytes) memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE));
}
