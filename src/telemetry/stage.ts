/**
 * The stages of a run as data. Readers of events use the fields; files, folders and random streams use {@link
 * stageName}.
 */

/** Shards and tables of a data set are read. */
export interface FilesStage {
  readonly kind: 'files';
}

/** Images are decoded into memory, or made. */
export interface ImagesStage {
  readonly kind: 'images';
}

/** Every image of a data set is checked: `glit data check`. */
export interface CheckStage {
  readonly kind: 'check';
}

/** Images are explained: `glit explain`. */
export interface ExplainStage {
  readonly kind: 'explain';
}

/** A model is measured on images: `glit eval`. */
export interface EvalStage {
  readonly kind: 'eval';
}

/** The supernet of a level is trained. */
export interface SupernetStage {
  readonly kind: 'supernet';
  /** The level's name in its search space, e.g. "high". */
  readonly level: string;
}

/** Candidates of a level are scored. */
export interface SearchStage {
  readonly kind: 'search';
  readonly level: string;
}

/** The blocks of a search space are timed: `glit latency measure`. */
export interface LatencyStage {
  readonly kind: 'latency';
}

/** A network is trained. */
export interface TrainStage {
  readonly kind: 'train';
  /** Absent if the run trains only one network. */
  readonly network?: NetworkRole;
}

/** Candidates of a searched level are scored again, on half of the held-out images: `glit trust`. */
export interface RescoreStage {
  readonly kind: 'rescore';
  readonly level: string;
}

/** One of those candidates is trained from scratch: `glit trust`. */
export interface TrustStage {
  readonly kind: 'trust';
  readonly level: string;
  /** Its path through the level's supernet. */
  readonly path: readonly number[];
  /** Which of its trainings this is, from 1; each has a random stream of its own. */
  readonly repeat: number;
  /** The training's number among all of them, from 1, and how many there are. */
  readonly number: number;
  readonly total: number;
}

/** A trained network is evaluated on test images. */
export interface TestStage {
  readonly kind: 'test';
  readonly network: NetworkRole;
}

export type Stage =
  | FilesStage
  | ImagesStage
  | CheckStage
  | ExplainStage
  | EvalStage
  | LatencyStage
  | SupernetStage
  | SearchStage
  | TrainStage
  | RescoreStage
  | TrustStage
  | TestStage;

/** The role of a final network in a run that compares several. */
export type NetworkRole =
  /** One of the networks that a search may choose after short trainings; rounds and ids count from 0. */
  | { readonly role: 'contender'; readonly by: Selection; readonly round: number; readonly id: number }
  /** One of the networks that a search trains to the end; `rank` 1 was the best before. */
  | { readonly role: 'finalist'; readonly by: Selection; readonly rank: number }
  /** The best finalist after training. */
  | { readonly role: 'found' }
  /** A known architecture, by name, such as "deit". */
  | { readonly role: 'baseline'; readonly name: string }
  /** The best network of the random search. */
  | { readonly role: 'random' };

/** How networks were selected: found by the search in the supernets, or drawn at random at the same cost. */
export type Selection = 'found' | 'random';

/**
 * The name of a stage, e.g. "search-high" or "train-found-1", for its files in the run folder and its random streams.
 */
export function stageName(stage: Stage): string {
  switch (stage.kind) {
    case 'files':
    case 'images':
    case 'check':
    case 'explain':
    case 'eval':
    case 'latency':
      return stage.kind;
    case 'supernet':
    case 'search':
    case 'rescore':
      return `${stage.kind}-${stage.level}`;
    case 'trust':
      return `trust-${stage.level}-${stage.path.join('-')}-${stage.repeat}`;
    case 'train':
    case 'test':
      return stage.network === undefined ? stage.kind : `${stage.kind}-${networkName(stage.network)}`;
  }
}

/** The name of a final network, e.g. "found-1", "deit". */
export function networkName(network: NetworkRole): string {
  switch (network.role) {
    case 'contender':
      return `${network.by}-round-${network.round}-${network.id}`;
    case 'finalist':
      return `${network.by}-${network.rank}`;
    case 'baseline':
      return network.name;
    case 'found':
    case 'random':
      return network.role;
  }
}
