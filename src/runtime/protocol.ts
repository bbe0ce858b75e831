/**
 * The messages between a device and its worker thread.
 *
 * Programs and slots (the places of device tensors) are numbers that the device chooses, so a run with hundreds of
 * device tensors sends one typed array instead of hundreds of objects.
 */
import type { Tensor } from '../tensor/tensor.js';
import type { Signature } from './signature.js';

export interface RunRequest {
  readonly program: number;
  /** For each input of the program the slot that holds it, or -1 where it comes with this message. */
  readonly slots: Int32Array;
  /** The inputs that come with this message, in the program's order. */
  readonly host: readonly Tensor[];
  /** For each output of the program the slot whose content it replaces, or -1. */
  readonly updates: Int32Array;
  /** The outputs to answer with, as positions among the program's outputs. */
  readonly wanted: Int32Array;
}

/** Every call that a worker answers: what is asked and what is answered. */
export interface Calls {
  open: { request: undefined; reply: undefined };
  compile: { request: { readonly program: number; readonly model: Uint8Array }; reply: Signature };
  release: { request: { readonly program: number }; reply: undefined };
  write: { request: { readonly slot: number; readonly value: Tensor }; reply: undefined };
  read: { request: { readonly slot: number }; reply: Tensor };
  free: { request: { readonly slot: number }; reply: undefined };
  run: { request: RunRequest; reply: readonly Tensor[] };
  close: { request: undefined; reply: undefined };
}

export type CallName = keyof Calls;

export interface Message<K extends CallName = CallName> {
  readonly id: number;
  readonly call: K;
  readonly request: Calls[K]['request'];
}

export type Reply =
  { readonly id: number; readonly value: Calls[CallName]['reply'] } | { readonly id: number; readonly error: string };

/**
 * The words of the memory that both threads share. When the process must end at once (`process.exit`, an uncaught
 * error), the main thread sets CLOSING, so that nothing more is started, and waits while BUSY is 1: leaving while
 * native code runs would abort the process.
 */
export const BUSY = 0;
export const CLOSING = 1;
export const SHARED_WORDS = 2;
