/** A block's place in a network: its stage, and the number in it, both counted from 0. */
export interface Place {
  readonly stage: number;
  readonly index: number;
}

/** How other code calls what glit calls `patch_embed.…`, `blocks.<i>.…`, `norm.…` and `head.…`. */
export interface Naming {
  /** First parts of names outside of blocks, by glit's, where they differ. */
  readonly trunk: Readonly<Record<string, string>>;
  /** The first part of the names of a block. */
  block(place: Place): string;
  /** The first part of the names of the merging that begins a stage. */
  merging(stage: number): string;
  /** First parts of names within a block, by glit's, where they differ. */
  readonly within: Readonly<Record<string, string>>;
  /** The place of the block whose first LayerNorm's scale has this name. */
  placeOf(name: string): Place | undefined;
}

export const TORCHVISION: Naming = {
  trunk: { 'patch_embed.proj.': 'features.0.0.', 'patch_embed.norm.': 'features.0.2.' },
  block: ({ stage, index }) => `features.${2 * stage + 1}.${index}.`,
  merging: (stage) => `features.${2 * stage}.`,
  within: { 'mlp.fc1.': 'mlp.0.', 'mlp.fc2.': 'mlp.3.' },
  placeOf: (name) => placeIn(/^features\.(\d+)\.(\d+)\.norm1\.weight$/, name, (at) => (at - 1) / 2),
};

/** Of timm from 0.9 on, where a merging is part of the stage that it leads into. */
export const TIMM: Naming = {
  trunk: { 'head.': 'head.fc.' },
  block: ({ stage, index }) => `layers.${stage}.blocks.${index}.`,
  merging: (stage) => `layers.${stage}.downsample.`,
  within: {},
  placeOf: (name) => placeIn(/^layers\.(\d+)\.blocks\.(\d+)\.norm1\.weight$/, name, (at) => at),
};

function placeIn(pattern: RegExp, name: string, stageOf: (at: number) => number): Place | undefined {
  const found = pattern.exec(name);
  return found === null ? undefined : { stage: stageOf(Number(found[1])), index: Number(found[2]) };
}

/** The places of blocks, of which some begin a stage by merging patches. */
export function placesOf(blocks: readonly { readonly merge: number }[]): readonly Place[] {
  const places: Place[] = [];
  for (const { merge } of blocks) {
    const { stage, index } = places.at(-1) ?? { stage: 0, index: -1 };
    places.push(merge === 1 ? { stage: stage + 1, index: 0 } : { stage, index: index + 1 });
  }
  return places;
}

/** What other code calls glit's tensor `own`; `places` are those of the network's blocks. */
export function nameIn(naming: Naming, own: string, places: readonly Place[]): string {
  const [, position, downsample, rest] = /^blocks\.(\d+)\.(downsample\.)?(.*)$/.exec(own) ?? [];
  if (position === undefined) return withPrefix(own, naming.trunk);
  const place = places[Number(position)];
  if (downsample !== undefined) return naming.merging(place.stage) + rest;
  return naming.block(place) + withPrefix(rest, naming.within);
}

function withPrefix(name: string, prefixes: Readonly<Record<string, string>>): string {
  const found = Object.entries(prefixes).find(([own]) => name.startsWith(own));
  return found === undefined ? name : found[1] + name.slice(found[0].length);
}
