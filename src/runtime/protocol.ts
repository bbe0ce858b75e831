/**
 * The messages between a device and its worker thread.
 *
 * The device numbers programs and slots (which hold device tensors), so a run with hundreds of device tensors sends one
 * typed array instead of hundreds of objects.
 */
import type { Tensor } from '../tensor/tensor.js';
import type { Signature } from './signature.js';

export interface RunRequest {
  readonly program: number;
  /** For each input of the program, its slot, or -1 if it comes with this message. */
  readonly slots: Int32Array;
  /** The inputs in this message, in the program's order. */
  readonly host: readonly Tensor[];
  /** For each output of the program, the slot that it replaces, or -1. */
  readonly updates: Int32Array;
  /** The outputs to return, as positions among the program's outputs. */
  readonly wanted: Int32Array;
}

/** A program's run, to be timed several times in a row. */
export interface TimeRequest extends RunRequest {
  readonly runs: number;
}

export interface Timings {
  /** One entry per run, in order. */
  readonly milliseconds: readonly number[];
}

/** Every call to a worker: its request and its answer. */
export interface Calls {
  open: { request: undefined; reply: undefined };
  compile: { request: { readonly program: number; readonly model: Uint8Array }; reply: Signature };
  release: { request: { readonly program: number }; reply: undefined };
  write: { request: { readonly slot: number; readonly value: Tensor }; reply: undefined };
  read: { request: { readonly slot: number }; reply: Tensor };
  free: { request: { readonly slot: number }; reply: undefined };
  run: { request: RunRequest; reply: readonly Tensor[] };
  time: { request: TimeRequest; reply: Timings };
  close: { request: undefined; reply: undefined };
}

export type CallName = keyof Calls;

export interface Message<K extends CallName = CallName> {
  readonly id: number;
  readonly call: K;
  readonly request: Calls[K]['request'];
}

export type Reply =
  | { readonly id: number; readonly value: Calls[CallName]['reply'] }
  | { readonly id: number; readonly error: string; readonly isUserError: boolean };

/**
 * The words of shared memory. When the process must exit at once (`process.exit`, an uncaught error), the main thread
 * sets CLOSING, so that nothing new starts, and waits while BUSY is 1: exiting while native code runs would abort the
 * process.
 */
export const BUSY = 0;
export const CLOSING = 1;
export const SHARED_WORDS = 2;
