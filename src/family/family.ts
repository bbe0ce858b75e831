import type { Value } from '../graph/index.js';
import type { Interval } from '../nn/box.js';
import type { Phase } from '../nn/phase.js';
import type { Scope } from '../nn/scope.js';
import type { Shape, Tensor } from '../tensor/tensor.js';
import type { Preprocessing } from './preprocessing.js';

/** Named numbers, as in an architecture file. */
export type Fields = { readonly [field: string]: number | undefined };

/** What all blocks of a network share. Families add fields; all are whole numbers of at least 1. */
export type Backbone = Fields & {
  /** Side of the square image, in pixels. */
  readonly imageSize: number;
  readonly classes: number;
};

/** One block of a network; its family defines the fields. */
export type Block = Fields;

/** A network description, not yet checked and without its family. */
export interface Description<B extends Backbone = Backbone, K extends Block = Block> {
  readonly name?: string | undefined;
  readonly backbone: B;
  readonly blocks: readonly K[];
  /** Its preprocessing of images. Default: DeiT's. */
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

/** A fault of a backbone or a block, and its field. */
export interface Fault {
  readonly field: string;
  readonly fact: string;
}

/** Shapes of a state's tensors by name. */
export type Shapes = ReadonlyMap<string, Shape>;

/** What can be changed about a preset; its name fixes the rest. */
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
  /** The published network, with the changes in `options`. Throws a UserError for sizes that do not fit. */
  build(options: PresetOptions): Description<B, K>;
  /** Widths for {@link scaled} are multiples of this. */
  readonly widthStep: number;
  /** The same pattern of blocks at another width, with a stem for images of this size. */
  scaled(width: number, sizes: { readonly imageSize: number; readonly classes: number }): Description<B, K>;
}

/** The names of a network's tensors in other code. */
export interface Layout<B extends Backbone = Backbone, K extends Block = Block> {
  /** The names' origin: `DeiT`, `torchvision`. */
  readonly name: string;
  /** Why an architecture cannot use these names; undefined if it can. */
  obstacle(architecture: Architecture<B, K>): string | undefined;
  /** Maps glit's names to the official ones, in the official order. */
  officialNames(own: readonly string[], architecture: Architecture<B, K>): ReadonlyMap<string, string>;
  /** Whether an official tensor follows from the architecture, such as a mask; it is skipped when reading. */
  isDerived?(name: string): boolean;
  /** The derived tensors that the official code requires in a state. They are written last. */
  derived?(architecture: Architecture<B, K>): ReadonlyMap<string, Tensor>;
}

/** A column of a profile's table. */
export interface Column<K extends Block = Block> {
  readonly title: string;
  cell(block: K): number | undefined;
}

/** A part of a block's channels with its own map, such as the heads of one kind. */
export interface ChannelPart {
  /** One word: `global`. */
  readonly name: string;
  /** The number of its channels; 0 in a block without it. */
  readonly channels: number;
}

/** What Grad-CAM (Selvaraju et al., 2017) reads from a family's networks. */
export interface GradCamTarget<B extends Backbone = Backbone, K extends Block = Block> {
  /** The tap in every block whose gradient is taken: `norm1`, or `output` for the block's result. */
  readonly tap: string;
  /**
   * The tapped value as a grid over the image, [B, rows, columns, C]. Gradients go through it too, so it may only
   * select and move elements.
   */
  grid(tapped: Value): Value;
  /** The parts of a block, in channel order; their channels add up to C. Omitted if blocks have no parts. */
  parts?(block: K, backbone: B): readonly ChannelPart[];
}

/** A part of a block that depends on some of its fields only, so that a supernet chooses it by itself. */
export interface BlockPart<K extends Block = Block> {
  /** One word, unique in the block: `ffn`. */
  readonly name: string;
  /** The fields on which it depends. */
  readonly fields: readonly string[];
  /** From the block's values so far, at first its input, makes those that replace the first ones. */
  build(scope: Scope, values: readonly Value[], block: K, phase: Phase): readonly Value[];
}

/** How blocks share weights in an entangled supernet (AutoFormer, Chen et al., ICCV 2021): each is a slice of the largest. */
export interface Entanglement<B extends Backbone = Backbone, K extends Block = Block> {
  /** One after another, they compute what `block` does; the first value at the end is the block's output. */
  readonly parts: readonly BlockPart<K>[];
  /**
   * Where a block's variable lies: its axes, perhaps in finer ones than its shape (rows as heads × channels), each as an
   * interval of coordinates that all blocks share. What two blocks have in common is where their intervals overlap.
   */
  axes(variable: string, block: K, backbone: B): readonly Interval[];
}

/**
 * A family of networks, as data, as graphs, and as files. A network is a stem, blocks in order, and a head; each is a
 * function of a scope, which supplies its parameters by name.
 */
export interface Family<B extends Backbone = Backbone, K extends Block = Block> {
  /** Its name in architecture files. */
  readonly name: string;
  /** Its name in messages: `GLiT and DeiT`. */
  readonly title: string;

  /** The backbone's fields, in file order. */
  readonly backboneFields: readonly string[];
  /** A block's fields, in file order. */
  readonly blockFields: readonly { readonly name: string; readonly optional: boolean }[];
  /** The first fault of a backbone whose fields are whole numbers of at least 1. */
  backboneFault(backbone: B): Fault | undefined;
  /** The first fault of a block, whatever the backbone. */
  blockFault(block: K): Fault | undefined;
  /** The first fault of a block given the backbone and the previous block; the first has no previous block. */
  fitFault(block: K, backbone: B, before: K | undefined): Fault | undefined;
  /** The backbone in words, for the heading of a profile. */
  describeBackbone(backbone: B): string;
  /** A short description of a block, unique among different blocks: `G3 d0.5 f4`. */
  describeBlock(block: K): string;
  readonly columns: readonly Column<K>[];

  /** Normalised images [B, 3, S, S] → the first block's input. */
  stem(scope: Scope, images: Value, backbone: B, phase: Phase): Value;
  /** A block; it may change the shape of its input. */
  block(scope: Scope, x: Value, block: K, phase: Phase): Value;
  /** The last block's output → logits [B, classes]. */
  head(scope: Scope, x: Value, backbone: B): Value;
  /** Residual branches per block, for drop path. */
  readonly residualBranches: number;
  /** How its blocks share weights; omitted if they cannot. */
  readonly entanglement?: Entanglement<B, K>;
  readonly gradCam: GradCamTarget<B, K>;

  readonly presets: readonly Preset<B, K>[];
  /** The official names, the most common layout first. */
  readonly layouts: readonly Layout<B, K>[];
  /** Whether a state with these names, in any layout, may belong to this family. */
  claims(names: readonly string[]): boolean;
  /**
   * The architecture of a state that the family claims. Throws a UserError that names `source` if its shapes do not
   * fit.
   */
  recognize(shapes: Shapes, source: string): Description<B, K>;
  /** The options with which a preset fits a state of these shapes. Throws a UserError as {@link recognize} does. */
  sizesOf(shapes: Shapes, source: string): PresetOptions;
  /** The backbone with the state's number of classes and image size, as far as the shapes show them. */
  asTrained(backbone: B, shapes: Shapes): B;
  /** The prefix of the classifier's tensors, which depend on the classes: `head.`. */
  readonly classifier: string;
  /**
   * Adapts a pretrained tensor to the image size of `backbone`; most do not depend on it and are returned unchanged.
   */
  resized(name: string, value: Tensor<'float32'>, backbone: B): Tensor<'float32'>;
  /** Multiply-adds as published code counts them, if that differs from the true count. */
  readonly publishedMacs?: PublishedMacs<B, K>;
  /** In JSON, a family is just its name. */
  toJSON(): string;
}

/** Defines a family. */
export function defineFamily<B extends Backbone, K extends Block>(family: Omit<Family<B, K>, 'toJSON'>): Family<B, K> {
  return Object.freeze({ ...family, toJSON: () => family.name });
}

/** Multiply-adds by another convention, only for comparison with published figures. */
export interface PublishedMacs<B extends Backbone = Backbone, K extends Block = Block> {
  ofBlock(block: K, backbone: B): number;
  ofNetwork(architecture: Architecture<B, K>): number;
  /** The convention in words, for the line below a profile: `By GLiT's released code, which …`. */
  readonly convention: string;
}
