import type { Shape } from '../../tensor/tensor.js';
import type { Description, PresetOptions, Shapes } from '../family.js';
import { StateShapes } from '../stateShapes.js';
import type { SwinBackbone } from './backbone.js';
import type { SwinBlock } from './block.js';
import { timmPreprocessing } from './presets.js';
import { nameIn, placesOf, TIMM, TORCHVISION, type Naming, type Place } from './naming.js';

/** Whether these are names of a Swin Transformer; BEiT, which has such tables too, has a class token. */
export function claims(names: readonly string[]): boolean {
  return names.some((name) => name.endsWith('.attn.relative_position_bias_table')) && !names.includes('cls_token');
}

/**
 * The network that a state of torchvision, of timm or of this project belongs to, from the shapes of its tensors. They show
 * all but two things, which are taken as published: every second block of a stage shifts its windows by half of one, and
 * the image is the one that the last stage covers with one window (224 for windows of 7, 384 for 12). timm's names also
 * show how images were prepared, since its weights are not torchvision's.
 *
 * Throws a UserError that names `source`, usually the file, when the state is of another kind of network.
 */
export function recognize(state: Shapes, source: string): Description<SwinBackbone, SwinBlock> {
  const shapes = new SwinShapes(state, source);
  const blocks = shapes.blocks();
  const [dim, channels, patchSize] = shapes.of('patch_embed.proj.weight', 4);
  if (channels !== 3) throw shapes.fault(`takes images of ${channels} channels`, 'glit builds networks for 3');
  const [classes] = shapes.of('head.weight', 2);
  const merges = blocks.filter(({ merge }) => merge === 1).length;
  const { window } = blocks[blocks.length - 1];
  const imageSize = window * 2 ** merges * patchSize;
  return {
    backbone: { imageSize, patchSize, dim, classes },
    blocks,
    ...(shapes.naming === TIMM && { preprocessing: timmPreprocessing(window) }),
  };
}

/** What a preset must be built for to take this state. Throws a UserError as {@link recognize} does. */
export function sizesOf(state: Shapes, source: string): Required<PresetOptions> {
  const { imageSize, patchSize, classes } = recognize(state, source).backbone;
  return { imageSize, patchSize, classes };
}

/** The classes that a state is for, whatever its names; undefined where it has no classifier. */
export function classesOf(state: Shapes): number | undefined {
  return (state.get('head.weight') ?? state.get(nameIn(TIMM, 'head.weight', [])))?.[0];
}

/** The shapes of a state by this project's names. */
class SwinShapes extends StateShapes {
  /** Whose names they are; undefined for this project's. */
  readonly naming: Naming | undefined;
  readonly #places: readonly Place[];
  readonly #nameOf: (own: string) => string;

  constructor(state: Shapes, source: string) {
    super(state, source, OTHER);
    const names = [...state.keys()];
    const naming = [TORCHVISION, TIMM].find((each) => names.some((name) => each.placeOf(name) !== undefined));
    this.naming = naming;
    this.#places =
      naming === undefined ? this.#ownPlaces(names) : sorted(names.flatMap((name) => naming.placeOf(name) ?? []));
    this.#nameOf = (own) => (naming === undefined ? own : nameIn(naming, own, this.#places));
    const counted = placesOf(this.#places.map(merging));
    const strange = this.#places.some(
      ({ stage, index }, at) => stage !== counted[at].stage || index !== counted[at].index,
    );
    if (this.#places.length === 0 || strange) throw this.fault('does not number its blocks from 0 on');
  }

  blocks(): readonly SwinBlock[] {
    return this.#places.map(({ stage, index }, position) => {
      const at = `blocks.${position}.`;
      const [dim] = this.of(`${at}norm1.weight`, 1);
      const [pairs, heads] = this.of(`${at}attn.relative_position_bias_table`, 2);
      const window = (Math.sqrt(pairs) + 1) / 2;
      if (!Number.isInteger(window)) {
        throw this.fault(`has a table of ${pairs} relative positions, which are no square of an odd number`);
      }
      const [hidden] = this.of(`${at}mlp.fc1.weight`, 2);
      const shift = index % 2 === 0 ? 0 : Math.floor(window / 2);
      return { ...merging({ stage, index }), dim, heads, window, shift, ffnRatio: hidden / dim };
    });
  }

  override of(own: string, axes: number): Shape {
    return super.of(this.#nameOf(own), axes);
  }

  #ownPlaces(names: readonly string[]): readonly Place[] {
    const depth = names.filter((name) => /^blocks\.\d+\.norm1\.weight$/.test(name)).length;
    return placesOf(
      Array.from({ length: depth }, (_, at) => ({
        merge: names.includes(`blocks.${at}.downsample.reduction.weight`) ? 1 : 0,
      })),
    );
  }
}

/** Whether patches are merged before the block of this place. */
function merging({ stage, index }: Place): Pick<SwinBlock, 'merge'> {
  return { merge: stage > 0 && index === 0 ? 1 : 0 };
}

function sorted(places: readonly Place[]): readonly Place[] {
  return places.toSorted((a, b) => a.stage - b.stage || a.index - b.index);
}

const OTHER = 'of this family, glit reads the classifiers of torchvision and timm';
