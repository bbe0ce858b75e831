import type { DType, Storage } from '../../tensor/tensor.js';
import { identityModel } from '../identityModel.js';
import { OpenVino, type Handle } from './api.js';
import { findLibrary } from './library.js';

/** The typed array of each dtype. */
export const STORAGE: {
  readonly [D in DType]: { new (buffer: ArrayBuffer): Storage[D]; readonly BYTES_PER_ELEMENT: number };
} = {
  float32: Float32Array,
  int64: BigInt64Array,
  int32: Int32Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

/** OpenVINO, loaded and ready to compile models. */
export interface Core {
  readonly api: OpenVino;
  readonly handle: Handle;
  /**
   * OpenVINO's number for each dtype. Releases number them differently, so the numbers are read from models with an
   * input of each dtype.
   */
  readonly elementTypes: Readonly<Record<DType, number>>;
}

/** Loads OpenVINO. Throws a UserError when it is not installed. */
export function openCore(): Core {
  const api = new OpenVino(findLibrary());
  const handle = api.createCore();
  const numbers = (Object.keys(STORAGE) as DType[]).map((dtype) => {
    const model = api.readModel(handle, identityModel(dtype));
    const [port] = api.inputsOf(model);
    api.freeModel(model);
    if (port === undefined) throw new Error('a model has lost its input');
    return [dtype, port.elementType] as const;
  });
  return { api, handle, elementTypes: Object.fromEntries(numbers) as Core['elementTypes'] };
}
