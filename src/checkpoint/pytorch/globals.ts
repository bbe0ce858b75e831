/**
 * Every global that a checkpoint's pickle may name, and what glit builds for it. The functions here are glit's own:
 * names are looked up in this table and nowhere else, so an unknown name cannot run anything.
 */
import { show } from '../../errors.js';
import { Malformed } from '../malformed.js';
import { NUMPY_NAMES } from './numpyScalars.js';
import { SCALAR_TYPES, STORAGE_CLASSES, UNTYPED_STORAGE } from './scalarTypes.js';
import { addPairs } from './unpickler.js';
import { Known, Namespace, ScalarType, Storage, StorageClass, TensorView, type Pickled } from './values.js';

/** PyTorch itself has no tensors with more axes. */
const MOST_AXES = 64;

type Maker = (args: readonly Pickled[]) => Pickled;

const MAKERS: Readonly<Record<string, Maker>> = {
  'collections.OrderedDict': dictionary,
  'collections.defaultdict': () => new Map(),
  'collections.Counter': ([content]) => (content instanceof Map ? content : new Map()),
  'argparse.Namespace': () => new Namespace(),
  'torch._utils._rebuild_tensor': tensorOfTypedStorage,
  'torch._utils._rebuild_tensor_v2': tensorOfTypedStorage,
  'torch._utils._rebuild_tensor_v3': tensorOfUntypedStorage,
  'torch._utils._rebuild_parameter': onlyTensor,
  'torch._utils._rebuild_parameter_with_state': onlyTensor,
  'torch._tensor._rebuild_from_type_v2': tensorWithAttributes,
  'torch.Size': ([sizes]) => sizes ?? [],
  'torch.device': ([kind]) => (typeof kind === 'string' ? kind : ''),
};
for (const module of ['builtins', '__builtin__']) {
  Object.assign(MAKERS, {
    [`${module}.dict`]: dictionary,
    [`${module}.set`]: ([members]) => new Set(Array.isArray(members) ? members : []),
    [`${module}.frozenset`]: ([members]) => new Set(Array.isArray(members) ? members : []),
    [`${module}.list`]: ([members]) => (Array.isArray(members) ? members : []),
  } satisfies Record<string, Maker>);
}

const GLOBALS: ReadonlyMap<string, Pickled> = new Map<string, Pickled>([
  ...Object.entries(MAKERS).map(([name, make]) => [name, new Known(name, make)] as const),
  ...[...SCALAR_TYPES].map(([name, scalar]) => [`torch.${name}`, scalar] as const),
  ...[...STORAGE_CLASSES].flatMap(([name, made]) => [
    [`torch.${name}`, made] as const,
    [`torch.cuda.${name}`, made] as const,
  ]),
  ...NUMPY_NAMES,
  ['torch.storage.UntypedStorage', UNTYPED_STORAGE],
  ['torch.UntypedStorage', UNTYPED_STORAGE],
  // The class that a tensor with attributes names as its own.
  ...['torch.Tensor', 'torch._tensor.Tensor', 'torch.nn.parameter.Parameter'].map(
    (name) => [name, new Known(name, ([tensor]) => tensorOf(tensor))] as const,
  ),
]);

/** Resolves a global name. Throws for a name that checkpoints do not need. */
export function findGlobal(module: string, name: string): Pickled {
  const found = GLOBALS.get(`${module}.${name}`);
  if (found !== undefined) return found;
  throw new Malformed(
    `its pickle would call ${show(`${module}.${name}`)}, which is not needed to build tensors and plain data; ` +
      `nothing was called`,
  );
}

function dictionary([content]: readonly Pickled[]): Pickled {
  if (content instanceof Map) return content;
  if (content === undefined) return new Map();
  const pairs = list(content, 'a dictionary').map((pair) => list(pair, 'an entry of a dictionary'));
  if (pairs.some(({ length }) => length !== 2))
    throw new Malformed('its pickle has an entry that is not a key and a value');
  return addPairs(new Map(), pairs.flat());
}

/** (storage, offset, size, strides, …) */
function tensorOfTypedStorage([storage, offset, size, strides]: readonly Pickled[]): Pickled {
  if (!(storage instanceof Storage) || storage.scalar === undefined) throw new Malformed(NO_STORAGE);
  return viewOf(storage, storage.scalar, offset, size, strides);
}

/** (storage, offset, size, strides, requires_grad, hooks, dtype, …) */
function tensorOfUntypedStorage([storage, offset, size, strides, , , scalar]: readonly Pickled[]): Pickled {
  if (!(storage instanceof Storage) || !(scalar instanceof ScalarType)) throw new Malformed(NO_STORAGE);
  const bytes = storage.elements * (storage.scalar?.bytes ?? 1);
  const typed = new Storage({ key: storage.key, begin: 0, scalar, elements: Math.floor(bytes / scalar.bytes) });
  return viewOf(typed, scalar, offset, size, strides);
}

const NO_STORAGE = 'its pickle makes a tensor from something other than a storage';

function viewOf(
  storage: Storage,
  scalar: ScalarType,
  offset: Pickled | undefined,
  size: Pickled | undefined,
  strides: Pickled | undefined,
): TensorView {
  const [begin] = counts([offset ?? null]);
  const shape = counts(list(size, 'the size of a tensor'));
  const steps = counts(list(strides, 'the strides of a tensor'));
  if (shape.length !== steps.length || shape.length > MOST_AXES) {
    throw new Malformed(`its pickle makes a tensor of ${shape.length} axes with ${steps.length} strides`);
  }
  return new TensorView(storage, scalar, begin, shape, steps);
}

/** A parameter becomes its tensor. */
function onlyTensor([tensor]: readonly Pickled[]): Pickled {
  return tensorOf(tensor);
}

/** (function, class, its arguments, attributes): a tensor with attributes, which are dropped. */
function tensorWithAttributes([rebuild, , args]: readonly Pickled[]): Pickled {
  // Not itself: with arguments that hold themselves, it would never end.
  if (!(rebuild instanceof Known) || ![tensorOfTypedStorage, tensorOfUntypedStorage].includes(rebuild.make)) {
    throw new Malformed('its pickle makes a tensor with attributes from something other than a tensor');
  }
  return rebuild.make(list(args, 'arguments'));
}

function tensorOf(value: Pickled | undefined): TensorView {
  if (!(value instanceof TensorView))
    throw new Malformed('its pickle makes a parameter from something other than a tensor');
  return value;
}

/** ('storage', class, key, device, elements) and, in the older format, a part: (name, begin, elements) or None. */
export function storageOf(id: Pickled): Storage {
  if (!Array.isArray(id) || id[0] !== 'storage')
    throw new Malformed('its pickle refers to something other than a storage');
  const [, made, key, , elements, part] = id;
  if (!(made instanceof StorageClass)) throw new Malformed('its pickle has a storage of no known class');
  if (typeof key !== 'string') throw new Malformed('its pickle has a storage without a name');
  const [whole] = counts([elements ?? null]);
  if (part === null || part === undefined) return new Storage({ key, scalar: made.scalar, elements: whole, begin: 0 });
  const [begin, length] = counts(list(part, 'a part of a storage').slice(1));
  if (!(begin + length <= whole)) throw new Malformed(`storage ${show(key)} has a part larger than itself`);
  return new Storage({ key, scalar: made.scalar, elements: length, begin });
}

function list(value: Pickled | undefined, what: string): readonly Pickled[] {
  if (!Array.isArray(value)) throw new Malformed(`its pickle has ${what} that is not a list`);
  return value;
}

function counts(values: readonly Pickled[]): number[] {
  return values.map((value) => {
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw new Malformed('its pickle has a tensor or a storage whose sizes are not whole numbers of at least 0');
    }
    return value;
  });
}
