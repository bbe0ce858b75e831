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

const PAGE = 2 ** 16;

/** Makes sure that a memory has so many bytes. */
export function reserve(memory: KernelMemory, bytes: number): void {
  if (memory.buffer.byteLength < bytes) memory.grow(Math.ceil((bytes - memory.buffer.byteLength) / PAGE));
}
