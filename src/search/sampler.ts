import type { Rng } from '../random/rng.js';
import type { LegalPaths } from './legal.js';
import type { Proposal, Trial } from './trial.js';

/** A request for a generation, with everything a sampler may know. */
export interface GenerationRequest extends LegalPaths {
  /** All trials of the earlier generations, by id. */
  readonly trials: readonly Trial[];
  /** The number of paths to propose. */
  readonly wanted: number;
}

/**
 * A search method. It proposes whole generations and never scores, so scoring can happen in any order or in parallel.
 * It keeps no state: proposals depend only on the trials and the random stream.
 */
export interface Sampler {
  /**
   * Proposes the next generation: legal paths, all different and not among the trials. Fewer than wanted means that the
   * sampler finds no more, which ends the study. Throws a UserError when no path is legal.
   */
  ask(request: GenerationRequest, rng: Rng): readonly Proposal[];
}
