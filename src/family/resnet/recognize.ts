import type { Description, PresetOptions, Shapes } from '../family.js';
import { StateShapes } from '../stateShapes.js';
import type { ResnetBackbone } from './backbone.js';
import type { ResnetBlock } from './block.js';
import { STAGES } from './layouts.js';
import { NARROW_STEM, WIDE_STEM } from './presets.js';

/** Whether these are names of a ResNet, of torchvision's or glit's, or nearly so. */
export function claims(names: readonly string[]): boolean {
  return names.some((name) => /^(layer\d+\.\d+|blocks\.\d+)\.(choices\.\d+\.)?(conv\d|bn\d|downsample)\./.test(name));
}

/**
 * The network that a state of torchvision's, timm's or this project's ResNets belongs to, from the shapes of its tensors.
 * Strides and the image size do not show in them, and are taken from the published networks: the first block of every stage
 * but the first has stride 2; a stem of 7×7 has stride 2 and pooling, and images of 224 pixels; one of 3×3 has neither, and
 * images of 32.
 *
 * Throws a UserError that names `source`, usually the file, when the state is of another kind of network.
 */
export function recognize(state: Shapes, source: string): Description<ResnetBackbone, ResnetBlock> {
  const shapes = new ResnetShapes(state, source);
  return { backbone: shapes.backbone(), blocks: shapes.blocks() };
}

/** What a preset must be built for to take this state: its classes. Throws a UserError as {@link recognize} does. */
export function sizesOf(state: Shapes, source: string): PresetOptions {
  return { classes: new ResnetShapes(state, source).classes() };
}

class ResnetShapes extends StateShapes {
  constructor(state: Shapes, source: string) {
    super(state, source, OTHER);
    for (const name of state.keys()) {
      if (/^blocks\.\d+\.choices\./.test(name)) {
        throw this.fault('is of a supernet, which is many networks', 'use the weights of a trained architecture');
      }
    }
  }

  classes(): number {
    return this.of('fc.weight', 2)[0];
  }

  backbone(): ResnetBackbone {
    const [stemWidth, channels, kernel] = this.of('conv1.weight', 4);
    if (channels !== 3) throw this.fault(`takes images of ${channels} channels`, 'glit builds networks for 3');
    const classes = this.classes();
    if (kernel === WIDE_STEM.stemKernel) return { imageSize: 224, stemWidth, ...WIDE_STEM, classes };
    if (kernel === NARROW_STEM.stemKernel) return { imageSize: 32, stemWidth, ...NARROW_STEM, classes };
    throw this.fault(`has a stem of ${kernel}×${kernel}`, 'glit reads ResNets whose stem is 7×7 or 3×3');
  }

  blocks(): readonly ResnetBlock[] {
    return this.#places().map((place, position) => {
      if (!this.shapes.has(`${place}.conv3.weight`) && this.shapes.has(`${place}.conv2.weight`)) {
        throw this.fault('has blocks of two convolutions, as ResNets of 18 and 34 layers');
      }
      const [width, groupWidth] = this.of(`${place}.conv2.weight`, 4);
      const [channels] = this.of(`${place}.conv3.weight`, 4);
      const first = this.shapes.has(`${place}.downsample.0.weight`);
      return { width, channels, stride: first && position > 0 ? 2 : 1, groups: width / groupWidth };
    });
  }

  /** What the names of each block begin with. */
  #places(): readonly string[] {
    const places = new Set(
      [...this.shapes.keys()].flatMap((name) => /^(layer\d+\.\d+|blocks\.\d+)\./.exec(name)?.[1] ?? []),
    );
    const numbered = (list: string): readonly string[] =>
      [...places].filter((place) => place.startsWith(`${list}.`)).map((_, at) => `${list}.${at}`);
    const stages = Array.from({ length: STAGES }, (_, stage) => numbered(`layer${stage + 1}`));
    const expected = stages.every((stage) => stage.length > 0) ? stages.flat() : numbered('blocks');
    if (expected.length === 0) throw this.fault(`has not the ${STAGES} stages of a ResNet`);
    if (expected.length !== places.size || !expected.every((place) => places.has(place))) {
      throw this.fault('does not number its blocks from 0 on');
    }
    return expected;
  }
}

const OTHER = 'of this family, glit reads ResNets and ResNeXts of bottlenecks, such as those of 50 and 101 layers';
