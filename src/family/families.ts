import { closest } from 'fastest-levenshtein';
import { UserError } from '../errors.js';
import { architecture, sameNetwork } from './architecture.js';
import type { Architecture, Backbone, Block, Family, PresetOptions, Shapes } from './family.js';
import { glit } from './glit/family.js';
import { samePreprocessing } from './preprocessing.js';
import { resnet } from './resnet/family.js';
import { swin } from './swin/family.js';

/** Every family. To add one, add its folder and list it here. */
export const FAMILIES: readonly Family[] = [glit, resnet, swin];

/** A published network and its family. */
interface Published {
  readonly family: Family;
  readonly preset: Family['presets'][number];
}

const PUBLISHED: ReadonlyMap<string, Published> = new Map(
  FAMILIES.flatMap((family) => family.presets.map((preset) => [preset.name, { family, preset }] as const)).sort(
    ([one], [other]) => (one < other ? -1 : 1),
  ),
);

/** The names that {@link preset} knows. */
export const presetNames: readonly string[] = [...PUBLISHED.keys()];

/** A published network by name, for the images and classes in `options`. Throws a UserError for an unknown name. */
export function preset(name: string, options: PresetOptions = {}): Architecture {
  const { family, preset: found } = published(name);
  return architecture(family, found.build(options));
}

/** The recipe of {@link preset}'s networks. Throws a UserError for an unknown name. */
export function published(name: string): Published {
  const found = PUBLISHED.get(name);
  if (found === undefined) {
    throw new UserError(
      `there is no architecture called "${name}"; did you mean ${closest(name, [...presetNames])}? (${presetNames.join(', ')})`,
    );
  }
  return found;
}

/** An architecture recognized from its weights. */
export interface Recognized {
  readonly architecture: Architecture;
  /** Other presets that fit these weights equally well; they differ in preprocessing. */
  readonly alternatives: readonly string[];
}

/**
 * The architecture of a state, from the names and shapes of its tensors. Throws a UserError that names `source`,
 * usually the file, when no family matches or the state does not determine the architecture.
 */
export function recognizeArchitecture(shapes: Shapes, source: string): Recognized {
  const family = familyOf(shapes, source);
  const { recognized, known } = checked(family, shapes, source);
  const sizes = family.sizesOf(shapes, source);
  const same = presetNames
    .filter((name) => PUBLISHED.get(name)?.family === family)
    .map((name) => preset(name, sizes))
    .filter((each) => sameNetwork(each, recognized));
  const [first = recognized, ...others] = same;
  return {
    architecture: known === undefined ? first : architecture(family, { ...first, preprocessing: known }),
    alternatives: others
      .filter((each) => !samePreprocessing(each.preprocessing, first.preprocessing))
      .map(({ name = '' }) => name),
  };
}

/**
 * The options with which preset `name` fits a state of these shapes. Throws a UserError for a state of another family.
 */
export function presetSizes(name: string, shapes: Shapes, source: string): PresetOptions {
  return published(name).family.sizesOf(shapes, source);
}

function familyOf(shapes: Shapes, source: string): Family {
  const names = [...shapes.keys()];
  // Every family's own names are `blocks.<i>.…`. The first family's official names are too, so it is asked last.
  const found = FAMILIES.findLast((family) => family.claims(names));
  if (found !== undefined) return found;
  const families = FAMILIES.map(({ title }) => title).join('; ');
  throw new UserError(`${source} has no tensors of a known network; glit reads the weights of ${families}`);
}

/** The network that a state shows, and its preprocessing where the state shows that too. */
function checked(family: Family, shapes: Shapes, source: string) {
  try {
    const description = family.recognize(shapes, source);
    return { recognized: architecture<Backbone, Block>(family, description), known: description.preprocessing };
  } catch (error) {
    if (!(error instanceof UserError) || error.message.startsWith(source)) throw error;
    throw new UserError(`${source}: by its shapes, ${error.message.replace(/^architecture without a name: /, '')}`);
  }
}
