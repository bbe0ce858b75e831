import type { ByMeasure, CandidateEvaluated, NumberFields } from '../../telemetry/events.js';
import { stageName } from '../../telemetry/stage.js';

/** The most candidates that are kept, and how many of the best are always among them. */
const MOST_CANDIDATES = 20_000;
const BEST_KEPT = 2_000;

export type SearchMethod = CandidateEvaluated['method'];

/** A scored candidate. */
export interface Candidate {
  /** The level of its search, and how it was proposed. Together with the id they are unique. */
  readonly level: string;
  readonly method: SearchMethod;
  readonly id: number;
  readonly generation: number;
  /** Accuracy on held-out images with inherited weights, 0 to 1. */
  readonly fitness: number;
  readonly values: readonly number[];
  readonly loss?: number;
  readonly measures: ByMeasure<number>;
  readonly operator: string;
  /** Ids of candidates of the same level and method. */
  readonly parents: readonly number[];
  /** Its blocks, as indices into the store's {@link Candidates.blocks}. */
  readonly blocks: readonly number[];
}

export interface CandidatesData {
  /** How many were scored; more than `kept` where memory was bounded. */
  readonly scored: number;
  /** One of how many is kept of those that are not among the best. */
  readonly stride: number;
  readonly blocks: readonly NumberFields[];
  readonly kept: readonly Candidate[];
}

/** The candidates of a run in bounded memory: all of them, or the best and an even sample of the others. */
export class Candidates {
  #kept: Map<string, Candidate>;
  #scored: number;
  #stride: number;
  /** Blocks are few and candidates many, so each block is kept once. */
  readonly #blocks: NumberFields[];
  readonly #numbers = new Map<string, number>();
  /** Changes whenever the candidates do. */
  revision = 0;

  constructor({ scored = 0, stride = 1, blocks = [], kept = [] }: Partial<CandidatesData> = {}) {
    this.#scored = scored;
    this.#stride = stride;
    this.#blocks = [...blocks];
    for (const [index, block] of blocks.entries()) this.#numbers.set(JSON.stringify(block), index);
    this.#kept = new Map(kept.map((each) => [candidateKey(each), each]));
  }

  get scored(): number {
    return this.#scored;
  }

  get stride(): number {
    return this.#stride;
  }

  /** In the order of evaluation. */
  all(): readonly Candidate[] {
    return [...this.#kept.values()];
  }

  blocksOf(candidate: Candidate): readonly NumberFields[] {
    return candidate.blocks.map((index) => this.#blocks[index]);
  }

  add(event: CandidateEvaluated): void {
    const { stage, method, id, generation, fitness, values, loss, measures, origin, blocks } = event;
    const candidate: Candidate = {
      level: stage.level,
      method,
      id,
      generation,
      fitness,
      values,
      ...(loss !== undefined && { loss }),
      measures,
      operator: origin.operator,
      parents: origin.parents,
      blocks: blocks.map((block) => this.#numberOf(block)),
    };
    const key = candidateKey(candidate);
    if (!this.#kept.has(key)) this.#scored++;
    this.#kept.set(key, candidate);
    if (this.#kept.size > MOST_CANDIDATES) this.#thin();
    this.revision++;
  }

  toJSON(): CandidatesData {
    return { scored: this.#scored, stride: this.#stride, blocks: this.#blocks, kept: this.all() };
  }

  #numberOf(block: NumberFields): number {
    const key = JSON.stringify(block);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.#numbers.set(key, this.#blocks.length);
    return this.#blocks.push(block) - 1;
  }

  #thin(): void {
    this.#stride *= 2;
    const ranked = [...this.#kept].sort(([, one], [, other]) => other.fitness - one.fitness);
    const best = new Set(ranked.slice(0, BEST_KEPT).map(([key]) => key));
    const isKept = ([key, { id }]: readonly [string, Candidate]): boolean => id % this.#stride === 0 || best.has(key);
    this.#kept = new Map([...this.#kept].filter(isKept));
  }
}

/** What a candidate goes by in a run. */
export function candidateKey({ level, method, id }: Pick<Candidate, 'level' | 'method' | 'id'>): string {
  return `${stageName({ kind: 'search', level })} ${method} ${id}`;
}
