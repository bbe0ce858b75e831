import { show, UserError } from '../../errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import { PytorchFile } from './pytorchFile.js';
import { TensorView, type Pickled } from './values.js';

/** The weights of a network in a checkpoint. */
export interface FoundStateDict {
  /** Their key: `model`, `model_ema`, …; undefined when the checkpoint is the state dict itself. */
  readonly key: string | undefined;
  /** In file order, without the `module.` prefix of parallel training and of averages. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** The checkpoint's last epoch, if it is recorded. */
  readonly epoch: number | undefined;
}

export interface StateDictOptions {
  /** Read the moving average of the weights instead of the weights. Default false. */
  readonly average?: boolean | undefined;
}

/** The keys that training scripts use for the weights and their moving average, in lookup order. */
const WEIGHTS = ['model', 'state_dict', 'model_state_dict', 'model_state'];
const AVERAGES = ['model_ema', 'state_dict_ema', 'model_ema_state_dict', 'ema_state_dict', 'ema'];
const PARALLEL_PREFIX = 'module.';
/** The counter of PyTorch's AveragedModel, beside the weights of the `module` that it wraps. */
const COUNTER = 'n_averaged';

/**
 * Reads the weights of a PyTorch checkpoint: those of a training checkpoint (`model`, `state_dict`), their moving
 * average (`model_ema`), or a bare state dict. Throws a UserError when the file cannot be read or lacks them.
 */
export async function readPytorchStateDict(
  file: string,
  { average = false }: StateDictOptions = {},
): Promise<FoundStateDict> {
  const checkpoint = await PytorchFile.open(file);
  try {
    const { key, views } = choose(file, checkpoint.content, average);
    const wrapped = [...views].filter(([name]) => name !== COUNTER);
    const isWrapped = wrapped.every(([name]) => name.startsWith(PARALLEL_PREFIX));
    const tensors = new Map<string, Tensor>();
    for (const [name, view] of isWrapped ? wrapped : views) {
      tensors.set(isWrapped ? name.slice(PARALLEL_PREFIX.length) : name, await checkpoint.read(view));
    }
    return { key, tensors, epoch: epochOf(checkpoint.content) };
  } finally {
    await checkpoint.close();
  }
}

type Views = ReadonlyMap<string, TensorView>;

function choose(
  file: string,
  content: Pickled,
  average: boolean,
): { readonly key: string | undefined; readonly views: Views } {
  if (!(content instanceof Map)) {
    throw new UserError(`${file} has no named weights; save the state dict, torch.save(model.state_dict(), ...)`);
  }
  for (const key of average ? AVERAGES : WEIGHTS) {
    const views = viewsIn(content.get(key));
    if (views !== undefined) return { key, views };
  }
  const bare = viewsIn(content);
  if (average) {
    const fact = bare === undefined ? `it has ${listOf(content)}` : 'it is a bare state dict';
    throw new UserError(`${file} has no moving average of the weights (model_ema): ${fact}; leave --ema out`);
  }
  if (bare === undefined) {
    throw new UserError(
      `${file} has no weights under ${WEIGHTS.join(', ')}: it has ${listOf(content)}; save the state dict alone`,
    );
  }
  return { key: undefined, views: bare };
}

/** The tensors of a state dict by name; undefined when the value is not a state dict. Other entries are ignored. */
function viewsIn(value: Pickled | undefined): Views | undefined {
  if (!(value instanceof Map)) return undefined;
  const views = new Map<string, TensorView>();
  for (const [key, each] of value) if (typeof key === 'string' && each instanceof TensorView) views.set(key, each);
  return views.size > 0 ? views : undefined;
}

function listOf(content: ReadonlyMap<Pickled, Pickled>): string {
  const names = [...content.keys()].filter((key) => typeof key === 'string');
  const shown = names.slice(0, 6).map((name) => show(name));
  return names.length === 0 ? 'nothing' : `${shown.join(', ')}${names.length > shown.length ? ', …' : ''}`;
}

function epochOf(content: Pickled): number | undefined {
  const epoch = content instanceof Map ? content.get('epoch') : undefined;
  return typeof epoch === 'number' ? epoch : undefined;
}
