import type { Rng } from '../random/rng.js';
import type { LegalPaths } from './legal.js';
import type { Proposal, Trial } from './trial.js';

/** What a sampler is asked for: a generation, and all it may know to propose one. */
export interface GenerationRequest extends LegalPaths {
  /** All trials of the earlier generations, by id. */
  readonly trials: readonly Trial[];
  /** Paths wanted. */
  readonly wanted: number;
}

/**
 * A method of search. It proposes whole generations and never scores, so whoever scores may do so in any order or at the same
 * time. It keeps no state: the trials and the random stream decide what it proposes.
 */
export interface Sampler {
  /**
   * Proposes the next generation: legal paths that are neither among the trials nor among each other. They are fewer than
   * wanted only where the sampler finds no more, which ends the study. Throws a UserError when no path is legal.
   */
  ask(request: GenerationRequest, rng: Rng): readonly Proposal[];
}
