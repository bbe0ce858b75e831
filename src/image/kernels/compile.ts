import { assemble } from './assembler.js';
import type { Procedure } from './assembler.js';

/** What kernels need of the WebAssembly global, which TypeScript knows of in browsers only. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

/** The memory that kernels read and write. */
export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Compiled procedures by their names, with their memory. */
export type Kernels<N extends string> = { readonly memory: KernelMemory } & {
  readonly [P in N]: (...parameters: number[]) => void;
};

/** Compiles procedures; takes a millisecond or two. */
export function compile<N extends string>(procedures: readonly Procedure<N>[]): Kernels<N> {
  const module = new WebAssembly.Module(assemble(procedures));
  return new WebAssembly.Instance(module).exports as Kernels<N>;
}

/**
 * Gives kernels, made by `make` when they are first needed, to `run`, with so many `bytes` of memory of any content. They are kept
 * for the next time, but memory of WebAssembly never shrinks: kernels that have more than `mostKept` bytes are let go.
 */
export function keepingKernels<K extends { readonly memory: KernelMemory }>(make: () => K, mostKept: number) {
  let kept: K | undefined;
  return <T>(bytes: number, run: (kernels: K) => T): T => {
    const kernels = (kept ??= make());
    reserve(kernels.memory, bytes);
    const result = run(kernels);
    if (kernels.memory.buffer.byteLength > mostKept) kept = undefined;
    return result;
  };
}

const PAGE = 2 ** 16;

/** Makes sure that a memory has so many bytes. */
function reserve(memory: KernelMemory, bytes: number): void {
  if (memory.buffer.byteLength < bytes) memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE));
}
