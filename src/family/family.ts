import type { Value } from '../graph/index.js';
import type { Phase } from '../nn/phase.js';
import type { Scope } from '../nn/scope.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import type { Preprocessing } from './preprocessing.js';

/** Named numbers, as an architecture file has them. */
export type Fields = { readonly [field: string]: number | undefined };

/** What all blocks of a network share. Families add fields of their own; all are whole numbers of at least 1. */
export type Backbone = Fields & {
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
  readonly classes: number;
};

/** One block of a network; only its family knows the fields. */
export type Block = Fields;

/** A network as its family describes it: not yet checked, and without the family itself. */
export interface Description<B extends Backbone = Backbone, K extends Block = Block> {
  readonly name?: string | undefined;
  readonly backbone: B;
  readonly blocks: readonly K[];
  /** How images are prepared for it; as DeiT does when left out. */
  readonly preprocessing?: Preprocessing | undefined;
}

/** One candidate network, frozen. Made by `architecture`. */
export interface Architecture<B extends Backbone = Backbone, K extends Block = Block> {
  readonly name?: string;
  readonly family: Family<B, K>;
  readonly backbone: B;
  readonly blocks: readonly K[];
  readonly preprocessing: Preprocessing;
}

/** What is wrong with a backbone or a block, and in which field. */
export interface Fault {
  readonly field: string;
  readonly fact: string;
}

/** Shapes of a state's tensors by name. */
export type Shapes = ReadonlyMap<string, Shape>;

/** What can be changed about a preset; the rest of it is its name. */
export interface PresetOptions {
  /** Side of the image in pixels. */
  readonly imageSize?: number;
  /** Side of a patch in pixels, for networks that have patches. */
  readonly patchSize?: number;
  readonly classes?: number;
}

/** A published network. */
export interface Preset<B extends Backbone = Backbone, K extends Block = Block> {
  readonly name: string;
  /** The network as published, but for what `options` changes. Throws a UserError for sizes that do not fit. */
  build(options: PresetOptions): Description<B, K>;
  /** Widths that {@link scaled} takes are multiples of this. */
  readonly widthStep: number;
  /** The same pattern of blocks at another width, with a stem that suits images of this size. */
  scaled(width: number, sizes: { readonly imageSize: number; readonly classes: number }): Description<B, K>;
}

/** The names under which other code keeps a network's tensors. */
export interface Layout<B extends Backbone = Backbone, K extends Block = Block> {
  /** Whose names they are: `DeiT`, `torchvision`. */
  readonly name: string;
  /** Why an architecture cannot be written under these names; undefined when it can. */
  obstacle(architecture: Architecture<B, K>): string | undefined;
  /** For each of glit's names the official one. The order of the map is the official order. */
  officialNames(own: readonly string[], architecture: Architecture<B, K>): ReadonlyMap<string, string>;
  /** Whether an official tensor follows from the architecture, such as a mask: when read, it is passed over. */
  isDerived?(name: string): boolean;
  /** Those of them without which the official code takes no state. They are written after the others. */
  derived?(architecture: Architecture<B, K>): ReadonlyMap<string, Tensor>;
}

/** A column of a profile's table. */
export interface Column<K extends Block = Block> {
  readonly title: string;
  cell(block: K): number | undefined;
}

/** A part of a block's channels that has a map of its own beside the whole: the heads of one kind, say. */
export interface ChannelPart {
  /** In one word: `global`. */
  readonly name: string;
  /** How many of the channels are its own; 0 in a block without it. */
  readonly channels: number;
}

/** What Grad-CAM (Selvaraju et al., 2017) reads of a family's networks. */
export interface GradCamTarget<B extends Backbone = Backbone, K extends Block = Block> {
  /** The name under which every block taps the value whose gradient is taken: `norm1`, or `output` for what it returns. */
  readonly tap: string;
  /**
   * The tapped value as a grid over the image, [B, rows, columns, C]. Gradients are laid out by it too, so it may only
   * pick and move elements.
   */
  grid(tapped: Value): Value;
  /** The parts of a block, in the order of their channels, which add up to C; left out where blocks have none. */
  parts?(block: K, backbone: B): readonly ChannelPart[];
}

/**
 * A family of networks: what they are made of as data, as graphs, and as files. A network is a stem, blocks in order, and
 * a head; each is a function of a scope, which gives it its parameters by name.
 */
export interface Family<B extends Backbone = Backbone, K extends Block = Block> {
  /** As architecture files call it. */
  readonly name: string;
  /** As messages call it: `GLiT and DeiT`. */
  readonly title: string;

  /** The backbone's fields, in the order of files. */
  readonly backboneFields: readonly string[];
  /** A block's fields, in the order of files. */
  readonly blockFields: readonly { readonly name: string; readonly optional: boolean }[];
  /** The first thing wrong with a backbone whose fields are whole numbers of at least 1. */
  backboneFault(backbone: B): Fault | undefined;
  /** The first thing wrong with a block, whatever the backbone. */
  blockFault(block: K): Fault | undefined;
  /** The first thing wrong with a block beside this backbone and the block before it; none is before the first. */
  fitFault(block: K, backbone: B, before: K | undefined): Fault | undefined;
  /** The backbone in words, for the head of a profile. */
  describeBackbone(backbone: B): string;
  /** A block in one short word group, the same for equal blocks only: `G3 d0.5 f4`. */
  describeBlock(block: K): string;
  readonly columns: readonly Column<K>[];

  /** Images, normalised, [B, 3, S, S] → what the first block takes. */
  stem(scope: Scope, images: Value, backbone: B, phase: Phase): Value;
  /** A block; it may change the shape of what it is given. */
  block(scope: Scope, x: Value, block: K, phase: Phase): Value;
  /** What the last block gives → logits [B, classes]. */
  head(scope: Scope, x: Value, backbone: B): Value;
  /** Residual branches of a block, which drop path may drop. */
  readonly residualBranches: number;
  readonly gradCam: GradCamTarget<B, K>;

  readonly presets: readonly Preset<B, K>[];
  /** The official names, the usual ones first. */
  readonly layouts: readonly Layout<B, K>[];
  /** Whether a state with these names, of any layout, may be of this family. */
  claims(names: readonly string[]): boolean;
  /** The architecture of a state that the family claims. Throws a UserError that names `source` when its shapes do not fit. */
  recognize(shapes: Shapes, source: string): Description<B, K>;
  /** What a preset must be built for to take a state of these shapes. Throws a UserError as {@link recognize} does. */
  sizesOf(shapes: Shapes, source: string): PresetOptions;
  /** The backbone with the classes and the image size that a state is for, as far as its shapes show. */
  asTrained(backbone: B, shapes: Shapes): B;
  /** The first part of the names of the classifier's tensors, which depend on the classes: `head.`. */
  readonly classifier: string;
  /** A tensor of pretrained weights for the image size of `backbone`; most do not depend on it and are returned as they are. */
  resized(name: string, value: Tensor<'float32'>, backbone: B): Tensor<'float32'>;
  /** Multiply-adds as published code counts them, where that differs from the true count. */
  readonly publishedMacs?: PublishedMacs<B, K>;
  /** In JSON, a family is its name. */
  toJSON(): string;
}

/** Makes a family of everything that it is. */
export function defineFamily<B extends Backbone, K extends Block>(family: Omit<Family<B, K>, 'toJSON'>): Family<B, K> {
  return Object.freeze({ ...family, toJSON: () => family.name });
}

/** Multiply-adds by another convention, to compare with published figures and with nothing else. */
export interface PublishedMacs<B extends Backbone = Backbone, K extends Block = Block> {
  ofBlock(block: K, backbone: B): number;
  ofNetwork(architecture: Architecture<B, K>): number;
  /** What the convention is, for the line below a profile: `By GLiT's released code, which …`. */
  readonly convention: string;
}
