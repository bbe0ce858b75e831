import { stopIfAborted, UserError } from '../errors.js';
import type { Framing } from '../image/framing.js';
import type { Image } from '../image/image.js';
import { readImage } from '../loader/decode.js';
import { plainNetwork } from '../model/network.js';
import { finite, softmax } from '../modelfile/runModel.js';
import type { UseOptions } from '../modelfile/useModel.js';
import { readWeights, type NetworkWeights, type WeightsOptions } from '../modelfile/weightsFile.js';
import { CompiledProgram, type BoundProgram } from '../program/compiled.js';
import { pixelImages } from '../program/images.js';
import { openDevice } from '../runtime/device.js';
import { Progress, stageProgress } from '../telemetry/progress.js';
import { tensor, type Tensor } from '../tensor/tensor.js';
import { chooseBlock, partsOf } from './block.js';
import { classNumber } from './classes.js';
import { gradCamProgram, type GradCamFeed } from './gradCam.js';
import { heatMap, type HeatMap } from './heatMap.js';
import { imageFiles } from './imageFiles.js';
import { largest } from '../tensor/largest.js';

/** What to explain, and where to run the model. */
export interface MapOptions extends UseOptions {
  /** Classes to explain, by name or number. Default: each image's predicted class. */
  readonly classes?: readonly string[] | undefined;
  /**
   * The block whose features are weighted, counted from 1. Default: the last with global and local heads, else the
   * last.
   */
  readonly block?: number | undefined;
}

export interface ExplainOptions extends MapOptions, WeightsOptions {}

/** Where an image supports a class. */
export interface ClassMap {
  /** The channels of the block that the map covers: `whole`, or a part, `global` or `local`. */
  readonly part: string;
  /** At the network's image size, between 0 and 1. */
  readonly map: HeatMap;
  /** The maximum before scaling to 1, to compare parts; 0 or less if nothing supports the class. */
  readonly peak: number;
}

export interface ExplainedClass {
  readonly name: string;
  readonly number: number;
  readonly probability: number;
  /** The whole map, then one per part if the block has several. */
  readonly maps: readonly ClassMap[];
}

/** The block that was explained. */
export interface ExplainedBlock {
  /** Counted from 1. */
  readonly number: number;
  /** Its family's description. */
  readonly title: string;
  /** The maps: `whole`, and the parts of the block. */
  readonly maps: readonly string[];
}

/** An image with the maps of its classes. */
export interface ExplainedImage {
  readonly image: string;
  /** The network's input. */
  readonly view: Image;
  readonly block: ExplainedBlock;
  readonly classes: readonly ExplainedClass[];
}

/** An image that could not be read, and why. */
export interface UnreadableImage {
  readonly image: string;
  readonly unreadable: string;
}

export type Explanation = ExplainedImage | UnreadableImage;

const STAGE = { kind: 'explain' } as const;

/**
 * Explains what a model sees in image files and folders with Grad-CAM, image by image; see readWeights for the model's
 * file. Throws a UserError when there is no image, no such class or block, or the file is not a model.
 */
export async function* explain(
  file: string,
  images: readonly string[],
  options: ExplainOptions = {},
): AsyncGenerator<Explanation, void, undefined> {
  const { kind, threads, precision, emit = () => undefined, signal, classes: named = [], block: wanted } = options;
  const files = await imageFiles(images);
  if (files.length === 0) throw new UserError('nothing to explain; give image files or a folder of them');
  const model = await readWeights(file, options);
  const { architecture, classes, naming } = model;
  const { family, backbone, blocks } = architecture;
  const asked = named.map((name) => classNumber(name, classes, file));
  const position = chooseBlock(architecture, file, wanted);
  const parts = partsOf(backbone, family, blocks[position]).map(({ name }) => name);
  const block: ExplainedBlock = {
    number: position + 1,
    title: family.describeBlock(blocks[position]),
    maps: ['whole', ...(parts.length > 1 ? parts : [])],
  };
  if (naming === 'numbers') {
    emit({ type: 'warning', message: `${file} does not name its classes; using numbers` });
  }
  const device = await openDevice({ kind, threads, precision });
  try {
    const { imageSize } = backbone;
    const pixels = pixelImages(1, imageSize, architecture.preprocessing);
    const graph = gradCamProgram(plainNetwork(architecture), model.weights, pixels, position);
    const program = (await CompiledProgram.compile(device, graph, 'Grad-CAM')).on();
    const progress = new Progress(files.length);
    emit({ type: 'stageStarted', stage: STAGE, steps: files.length });
    for (const image of files) {
      stopIfAborted(signal);
      const view = await viewOf(image, imageSize, architecture.preprocessing);
      if (typeof view === 'string') yield { image, unreadable: view };
      else yield { image, view, block, classes: await explained(program, view, asked, block, model) };
      progress.advance();
      emit(stageProgress(STAGE, progress));
    }
  } finally {
    await device.close();
  }
}

/** The requested classes, or the image's predicted class. */
async function explained(
  program: BoundProgram<GradCamFeed, 'logits' | 'maps'>,
  { size, pixels }: Image,
  asked: readonly number[],
  block: ExplainedBlock,
  { classes }: NetworkWeights,
): Promise<readonly ExplainedClass[]> {
  const run = (score: Float32Array) =>
    program.run({
      images: tensor('uint8', [1, 3, size, size], pixels),
      score: tensor('float32', [1, classes.length], score),
    });
  const numbers =
    asked.length > 0
      ? asked
      : [greatest(finite((await run(new Float32Array(classes.length))).logits as Tensor<'float32'>).data)];
  const results: ExplainedClass[] = [];
  for (const number of numbers) {
    const { logits, maps } = await run(new Float32Array(classes.length).fill(1, number, number + 1));
    finite(logits as Tensor<'float32'>);
    const values = Array.from(maps.data, Number);
    const cells = values.length / block.maps.length;
    results.push({
      name: classes[number],
      number,
      probability: softmax(Array.from(logits.data, Number))[number],
      maps: block.maps.map((part, at) => {
        const raw = values.slice(at * cells, (at + 1) * cells);
        return { part, map: heatMap(raw, size), peak: Math.max(...raw) };
      }),
    });
  }
  return results;
}

function greatest(logits: ArrayLike<number | bigint>): number {
  const values = Array.from(logits, Number);
  return values.indexOf(largest(values));
}

/** The model's input, or the reason why the image cannot be read. */
async function viewOf(image: string, size: number, framing: Framing): Promise<Image | string> {
  try {
    return await readImage(image, size, framing);
  } catch (error) {
    return error instanceof Error ? error.message.split('\n', 1)[0] : String(error);
  }
}
