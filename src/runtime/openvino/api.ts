/** The part of OpenVINO's C API that glit uses, through koffi, which nothing else in this folder imports. */
import koffi from 'koffi';

/** A pointer of the library's. */
export type Handle = bigint;

/** A function of the library that returns a status, or writes its result through the last pointer. */
type Status = (...given: readonly unknown[]) => number;

// koffi knows types by name, once per thread.
koffi.struct('ov_shape_t', { rank: 'int64_t', dims: 'void *' });
koffi.struct('ov_dimension_t', { min: 'int64_t', max: 'int64_t' });
koffi.struct('ov_partial_shape_t', { rank: 'ov_dimension_t', dims: 'void *' });

/** The status that the C API answers where it does not take a scalar. */
const INVALID_C_PARAM = -14;

/** A model's input or output. */
export interface Port {
  readonly name: string;
  /** OpenVINO's number for the element type; numbers differ between releases. */
  readonly elementType: number;
  /** -1 where an extent is free; undefined if the rank is. */
  readonly extents: readonly number[] | undefined;
}

/** OpenVINO's functions, which throw its message where it reports a failure. */
export class OpenVino {
  readonly #library: ReturnType<typeof koffi.load>;
  readonly #lastMessage: () => string | null;
  readonly #functions = new Map<string, Status>();

  /** Loads the library at `file`. */
  constructor(file: string) {
    this.#library = koffi.load(file);
    this.#lastMessage = this.#library.func('const char *ov_get_last_err_msg()') as () => string | null;
  }

  createCore(): Handle {
    return this.#made('int ov_core_create(_Out_ void **core)');
  }

  freeCore(core: Handle): void {
    this.#free('void ov_core_free(void *core)', core);
  }

  /** A property of a device, as text. */
  property(core: Handle, device: string, key: string): string {
    return this.#text(
      'int ov_core_get_property(void *core, const char *device, const char *key, _Out_ void **value)',
      core,
      device,
      key,
    );
  }

  /** Parses the bytes of an ONNX model. */
  readModel(core: Handle, bytes: Uint8Array): Handle {
    return this.#made(
      'int ov_core_read_model_from_memory_buffer(void *core, const void *text, size_t length, void *weights, _Out_ void **model)',
      core,
      bytes,
      bytes.length,
      null,
    );
  }

  freeModel(model: Handle): void {
    this.#free('void ov_model_free(void *model)', model);
  }

  inputsOf(model: Handle): readonly Port[] {
    const count = this.#number('int ov_model_inputs_size(void *model, _Out_ size_t *count)', model);
    const port = 'int ov_model_const_input_by_index(void *model, size_t index, _Out_ void **port)';
    return Array.from({ length: count }, (_, index) => this.#port(this.#made(port, model, index)));
  }

  outputsOf(model: Handle): readonly Port[] {
    const count = this.#number('int ov_model_outputs_size(void *model, _Out_ size_t *count)', model);
    const port = 'int ov_model_const_output_by_index(void *model, size_t index, _Out_ void **port)';
    return Array.from({ length: count }, (_, index) => this.#port(this.#made(port, model, index)));
  }

  /** Compiles a model for the CPU. */
  compile(core: Handle, model: Handle, properties: Readonly<Record<string, string>>): Handle {
    const given = Object.entries(properties).flat();
    return this.#made(
      'int ov_core_compile_model(void *core, void *model, const char *device, size_t count, _Out_ void **compiled, ...)',
      core,
      model,
      'CPU',
      given.length,
      OUT,
      ...given.flatMap((text) => ['const char *', text]),
    );
  }

  freeCompiled(compiled: Handle): void {
    this.#free('void ov_compiled_model_free(void *compiled)', compiled);
  }

  createRequest(compiled: Handle): Handle {
    return this.#made('int ov_compiled_model_create_infer_request(void *compiled, _Out_ void **request)', compiled);
  }

  freeRequest(request: Handle): void {
    this.#free('void ov_infer_request_free(void *request)', request);
  }

  setInput(request: Handle, index: number, tensor: Handle): void {
    this.#call(
      'int ov_infer_request_set_input_tensor_by_index(void *request, size_t index, void *tensor)',
      request,
      index,
      tensor,
    );
  }

  setOutput(request: Handle, index: number, tensor: Handle): void {
    this.#call(
      'int ov_infer_request_set_output_tensor_by_index(void *request, size_t index, void *tensor)',
      request,
      index,
      tensor,
    );
  }

  /** The tensor that an output is written to. To be freed. */
  output(request: Handle, index: number): Handle {
    return this.#made(
      'int ov_infer_request_get_output_tensor_by_index(void *request, size_t index, _Out_ void **tensor)',
      request,
      index,
    );
  }

  infer(request: Handle): void {
    this.#call('int ov_infer_request_infer(void *request)', request);
  }

  /** A tensor over the memory of `bytes`, which must outlive it and not move: memory of an ArrayBuffer, not on the heap. */
  wrap(elementType: number, shape: readonly number[], bytes: Uint8Array): Handle {
    const extents = { rank: shape.length, dims: BigInt64Array.from(shape, BigInt) };
    return this.#made(
      'int ov_tensor_create_from_host_ptr(int type, ov_shape_t shape, void *memory, _Out_ void **tensor)',
      elementType,
      extents,
      bytes,
    );
  }

  freeTensor(tensor: Handle): void {
    this.#free('void ov_tensor_free(void *tensor)', tensor);
  }

  shapeOf(tensor: Handle): readonly number[] {
    const shape: { rank?: number; dims?: Handle } = {};
    const status = this.#function('int ov_tensor_get_shape(void *tensor, _Out_ ov_shape_t *shape)')(tensor, shape);
    if (status === INVALID_C_PARAM) return [];
    if (status !== 0) throw this.#failure(status);
    const extents = integers(shape.dims, Number(shape.rank));
    this.#free('void ov_shape_free(_Inout_ ov_shape_t *shape)', shape);
    return extents;
  }

  /** A view of a tensor's memory, for as long as the tensor lives. */
  memoryOf(tensor: Handle): Uint8Array {
    const length = this.#number('int ov_tensor_get_byte_size(void *tensor, _Out_ size_t *size)', tensor);
    if (length === 0) return new Uint8Array(0);
    return new Uint8Array(
      koffi.view(this.#made('int ov_tensor_data(void *tensor, _Out_ void **memory)', tensor), length),
    );
  }

  #port(port: Handle): Port {
    const name = this.#text('int ov_port_get_any_name(void *port, _Out_ void **name)', port);
    const elementType = this.#number('int ov_port_get_element_type(void *port, _Out_ int *type)', port);
    const shape: { rank?: { min: number; max: number }; dims?: Handle | null } = {};
    this.#call('int ov_port_get_partial_shape(void *port, _Out_ ov_partial_shape_t *shape)', port, shape);
    const { min: rank = 0, max: largest = 0 } = shape.rank ?? {};
    const bounds = rank === largest ? integers(shape.dims, 2 * rank) : undefined;
    this.#free('void ov_partial_shape_free(_Inout_ ov_partial_shape_t *shape)', shape);
    this.#free('void ov_output_const_port_free(void *port)', port);
    return { name, elementType, extents: bounds && extentsWithin(bounds) };
  }

  #function(declaration: string): Status {
    const known = this.#functions.get(declaration);
    if (known !== undefined) return known;
    const made = this.#library.func(declaration) as Status;
    this.#functions.set(declaration, made);
    return made;
  }

  #call(declaration: string, ...given: readonly unknown[]): void {
    const status = this.#function(declaration)(...given);
    if (status !== 0) throw this.#failure(status);
  }

  #failure(status: number): Error {
    // In front of what was wrong stand the places in OpenVINO's sources that it passed.
    const lines = (this.#lastMessage() ?? '').split('\n').map((line) => line.trim());
    const facts = lines.filter((line) => line !== '' && !line.startsWith('Exception from '));
    return new Error(facts.join(' ') || `OpenVINO reports status ${status}`);
  }

  #free(declaration: string, given: unknown): void {
    this.#function(declaration)(given);
  }

  /** The handle that a function writes through its pointer: in the place of OUT, or after all that is given. */
  #made(declaration: string, ...given: readonly unknown[]): Handle {
    const made: [Handle | null] = [null];
    const all = given.includes(OUT) ? given.map((each) => (each === OUT ? made : each)) : [...given, made];
    this.#call(declaration, ...all);
    const [handle] = made;
    if (handle === null) throw new Error('OpenVINO returned nothing');
    return handle;
  }

  #number(declaration: string, ...given: readonly unknown[]): number {
    const written: [number] = [0];
    this.#call(declaration, ...given, written);
    return written[0];
  }

  #text(declaration: string, ...given: readonly unknown[]): string {
    const address = this.#made(declaration, ...given);
    const text = koffi.decode(address, 'char', -1) as string;
    this.#free('void ov_free(void *text)', address);
    return text;
  }
}

/** Stands for the pointer to a result among a function's arguments. */
const OUT = Symbol('out');

/** Extents from pairs of bounds: -1 where the two differ. */
function extentsWithin(bounds: readonly number[]): readonly number[] {
  return Array.from({ length: bounds.length / 2 }, (_, axis) => {
    const [min, max] = bounds.slice(2 * axis, 2 * axis + 2);
    return min === max && min !== undefined ? min : -1;
  });
}

function integers(address: Handle | null | undefined, count: number): readonly number[] {
  if (address === null || address === undefined || count === 0) return [];
  return Array.from(koffi.decode(address, 'int64_t', count) as ArrayLike<bigint>, Number);
}
