/**
 * The values that a checkpoint's pickle may hold: plain data, and descriptions of tensors whose numbers lie elsewhere
 * in the file. None of them has behaviour, so nothing that a file names can ever run.
 */
import { sizeOf } from '../../tensor/tensor.js';
import type { ElementType } from '../elements.js';

/** A value of a pickle. Integers beyond 2^53 are bigint; tuples and lists are both arrays. */
export type Pickled =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | Pickled[]
  | Dictionary
  | Set<Pickled>
  | Namespace
  | ScalarType
  | StorageClass
  | Storage
  | TensorView
  | NumpyType
  | Known;

/** A dict or an OrderedDict, in order. */
export type Dictionary = Map<Pickled, Pickled>;

/** An argparse.Namespace, as plain data. */
export class Namespace {
  readonly fields: Dictionary = new Map();
}

/** A torch dtype. */
export class ScalarType {
  constructor(
    /** PyTorch's name: `float16`. */
    readonly name: string,
    /** How its numbers are read; undefined for types that glit does not read, such as complex ones. */
    readonly element: ElementType | undefined,
    /** Bytes per element in the file. */
    readonly bytes: number,
  ) {}
}

/** A storage class: the scalar type of its elements, or undefined for one that counts bytes. */
export class StorageClass {
  constructor(readonly scalar: ScalarType | undefined) {}
}

/** A flat array in the file. */
export interface StorageFields {
  /** The storage's name in the file. */
  readonly key: string;
  /** If undefined, `elements` counts bytes, and each tensor says what they mean. */
  readonly scalar: ScalarType | undefined;
  readonly elements: number;
  /** Its offset, in elements, in the data that `key` names: in the older format, a storage can be part of another. */
  readonly begin: number;
}

export class Storage implements StorageFields {
  readonly key: string;
  readonly scalar: ScalarType | undefined;
  readonly elements: number;
  readonly begin: number;

  constructor({ key, scalar, elements, begin }: StorageFields) {
    this.key = key;
    this.scalar = scalar;
    this.elements = elements;
    this.begin = begin;
  }

  /** Bytes from the start of the data that `key` names to this storage's end. */
  get bytesNeeded(): number {
    return (this.begin + this.elements) * (this.scalar?.bytes ?? 1);
  }
}

/** A tensor as a view of a storage. Offset and strides count elements. */
export class TensorView {
  constructor(
    readonly storage: Storage,
    readonly scalar: ScalarType,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}

  get elements(): number {
    return sizeOf(this.shape);
  }

  /** How many elements of the storage the tensor spans, from its first one; 0 for an empty tensor. */
  get reach(): number {
    if (this.elements === 0) return 0;
    return this.shape.reduce((last, extent, axis) => last + (extent - 1) * this.strides[axis], 1);
  }
}

/** The type of a NumPy scalar by its code, such as `f8`. */
export class NumpyType {
  constructor(readonly code: string) {}
}

/** A callable that checkpoints may name: it makes one of the values above from its arguments. */
export class Known {
  constructor(
    readonly name: string,
    readonly make: (args: readonly Pickled[]) => Pickled,
  ) {}
}
