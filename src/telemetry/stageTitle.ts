import type { PlannedPartName } from './events.js';
import type { NetworkRole, Stage } from './stage.js';

/** Baselines whose display name differs from their name. */
const BASELINES: ReadonlyMap<string, string> = new Map([['deit', 'DeiT']]);

/** A stage in words. */
export function stageTitle(stage: Stage): string {
  switch (stage.kind) {
    case 'supernet':
    case 'search':
      return `${stage.level} level, ${stage.kind}`;
    case 'train':
      return stage.network === undefined ? 'training' : `training ${networkTitle(stage.network)}`;
    case 'rescore':
      return `${stage.level} level, scoring`;
    case 'trust':
      return `${stage.level} level, training ${stage.number} of ${stage.total}`;
    case 'test':
      return networkTitle(stage.network);
    default:
      return stage.kind;
  }
}

/** A final network in words. */
export function networkTitle(network: NetworkRole): string {
  switch (network.role) {
    case 'contender':
      return `${network.by === 'found' ? '' : 'random '}contender ${network.id + 1}, round ${network.round + 1}`;
    case 'finalist':
      return `${network.by === 'found' ? '' : 'random '}candidate ${network.rank}`;
    case 'found':
      return 'the found network';
    case 'baseline':
      return `the baseline ${BASELINES.get(network.name) ?? network.name}`;
    case 'random':
      return 'random search';
  }
}

/** The parts of a plan in words. */
export const PLANNED_PARTS: Readonly<Record<PlannedPartName, string>> = {
  before: 'images and measuring',
  supernets: 'supernets',
  scoring: 'candidates',
  halving: 'short trainings of the best',
  training: 'final training',
  baselines: 'networks to compare with',
  test: 'test images',
};
