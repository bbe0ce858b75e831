/** Mixup (Zhang et al., 2018) and CutMix (Yun et al., 2019) of a whole batch, as in timm's batch mode. */
export interface Mixing {
  /** The α of the beta distribution that mixup draws λ from; 0: no mixup. */
  readonly mixup: number;
  /** The same of CutMix. */
  readonly cutmix: number;
  /** Share of the batches that are mixed. */
  readonly probability: number;
  /** Where both are on: the share of the mixed batches that CutMix is taken for. */
  readonly switchProbability: number;
}

/** How one batch was mixed: image i with image B − 1 − i. */
export interface Mix {
  /** The weight of image i's own label; its partner's has 1 − λ. */
  readonly lambda: number;
}
