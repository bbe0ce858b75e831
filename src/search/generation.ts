import type { Rng } from '../random/rng.js';
import { pathKey } from '../space/space.js';
import { drawLegal, findLegal } from './legal.js';
import type { GenerationRequest } from './sampler.js';
import type { Proposal } from './trial.js';

/** A generation under construction: legal paths, each new to the study. */
export class Generation {
  readonly #request: GenerationRequest;
  readonly #proposals: Proposal[] = [];
  readonly #seen: Set<string>;

  constructor(request: GenerationRequest) {
    this.#request = request;
    this.#seen = new Set(request.trials.map(({ path }) => pathKey(path)));
  }

  /** The proposals so far, in order. */
  get proposals(): readonly Proposal[] {
    return this.#proposals;
  }

  /** Adds a proposal if there is room and its path is legal and new. Returns whether it did. */
  add(proposal: Proposal): boolean {
    const key = pathKey(proposal.path);
    if (this.#isFull || this.#seen.has(key) || !this.#request.isLegal(proposal.path)) return false;
    this.#proposals.push(proposal);
    this.#seen.add(key);
    return true;
  }

  /**
   * Adds random paths until the generation is full or no new legal path is found. Throws a UserError if it finds none
   * at all.
   */
  fillRandomly(rng: Rng): void {
    const seen = this.#seen;
    while (!this.#isFull) {
      const path = seen.size === 0 ? drawLegal(this.#request, rng) : findLegal(this.#request, rng, { seen }).path;
      if (path === undefined) return;
      this.#proposals.push({ path, origin: { operator: 'random', parents: [] } });
      seen.add(pathKey(path));
    }
  }

  get #isFull(): boolean {
    return this.#proposals.length >= this.#request.wanted;
  }
}
