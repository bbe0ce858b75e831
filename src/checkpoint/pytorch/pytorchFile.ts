import { UserError } from '../../errors.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Container, StoredBytes } from './container.js';
import { FileBytes } from '../fileBytes.js';
import { openLegacyFormat } from './legacyFormat.js';
import { Malformed } from '../malformed.js';
import { describePath, namedViews, type NamedView } from './tensorNames.js';
import { readView } from './tensorReader.js';
import type { Pickled, TensorView } from './values.js';
import { isZip, openZipFormat } from './zipFormat.js';

/**
 * A view may repeat elements of its storage (stride 0), so a few bytes can describe a tensor of any size. These limit
 * how many elements a tensor may have beyond its storage, and how many times larger than all storages all tensors may
 * be.
 */
const MOST_REPEATED_ELEMENTS = 2 ** 20;
const MOST_REPEATED_BYTES = 2 ** 26;
const MOST_REPETITION = 8;

/**
 * An open PyTorch checkpoint (`.pth`, `.pt`, `.pth.tar`) in either format. Reading executes nothing: a pickle may name
 * only the globals on a short list. Numbers are read on demand. Close it after use.
 */
export class PytorchFile {
  private constructor(
    private readonly file: string,
    private readonly bytes: FileBytes,
    /** The checkpoint as plain data; tensors are views into the file. */
    readonly content: Pickled,
    /** Every tensor and its position in the content. */
    readonly views: readonly NamedView[],
    private readonly locations: ReadonlyMap<TensorView, StoredBytes>,
  ) {}

  /**
   * Throws a one-line UserError when the file is missing, truncated, damaged, not a checkpoint, or names anything
   * beyond tensors and plain data. All tensors are checked here, so a file is accepted or rejected as a whole.
   */
  static async open(file: string): Promise<PytorchFile> {
    const bytes = await FileBytes.open(file);
    try {
      return await refusing(file, async () => {
        if (bytes.size === 0) throw new Malformed('it is empty');
        const start = await bytes.read(0, Math.min(4, bytes.size));
        const container = isZip(start) ? await openZipFormat(bytes) : openLegacyFormat(bytes);
        const views = namedViews(container.content);
        const locations = await locationsOf(views, container);
        return new PytorchFile(file, bytes, container.content, views, locations);
      });
    } catch (error) {
      await bytes.close();
      throw error;
    }
  }

  /** The numbers of one of the {@link views}, row-major; types that glit lacks are converted as in safetensors. */
  read(view: TensorView): Promise<Tensor> {
    return refusing(this.file, async () => {
      const stored = this.locations.get(view);
      const { element } = view.scalar;
      if (stored === undefined) throw new Error('the view belongs to another file');
      if (element === undefined)
        throw new Malformed(`it has a tensor of ${view.scalar.name}, which glit does not read`);
      return readView(view, element, stored);
    });
  }

  close(): Promise<void> {
    return this.bytes.close();
  }
}

/** Where the numbers of every view lie. Throws Malformed for a view outside its storage. */
async function locationsOf(views: readonly NamedView[], container: Container): Promise<Map<TensorView, StoredBytes>> {
  const locations = new Map<TensorView, StoredBytes>();
  const storages = new Map<string, StoredBytes>();
  let stored = 0;
  let described = 0;
  for (const { path, view } of views) {
    // A tensor with several names is read once per name and counts that often.
    described += view.elements * view.scalar.bytes;
    if (locations.has(view)) continue;
    const { storage } = view;
    const what = describePath(path);
    let location: StoredBytes;
    try {
      checkReach(view);
      location = await container.locate(storage);
    } catch (error) {
      throw error instanceof Malformed ? new Malformed(`${what} is broken: ${error.message}`) : error;
    }
    if (!storages.has(storage.key)) stored += location.length;
    storages.set(storage.key, location);
    locations.set(view, location);
  }
  if (described > MOST_REPETITION * stored + MOST_REPEATED_BYTES) {
    throw new Malformed(`its tensors have ${described} bytes, but the numbers in the file only ${stored}`);
  }
  return locations;
}

function checkReach({ storage, offset, shape, elements, reach }: TensorView): void {
  if (!(elements === 0 || offset + reach <= storage.elements)) {
    throw new Malformed(
      `[${shape.join(', ')}] reaches element ${offset + reach - 1} of a storage that has ${storage.elements}`,
    );
  }
  if (!(elements <= storage.elements + MOST_REPEATED_ELEMENTS)) {
    throw new Malformed(`it repeats the ${storage.elements} elements of its storage to ${elements}`);
  }
}

/** Turns a defect of the file into a one-line UserError. */
async function refusing<Result>(file: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    throw new UserError(
      `${file} cannot be read as a PyTorch checkpoint: ${error.message}; get the file again, or save the state dict alone`,
    );
  }
}
