/**
 * A graph that does not fit together. The message names the operator, both shapes and, after {@link inModule}, the path
 * of the module under construction, e.g. `blocks.3.attn.qkv: gemm: …`.
 */
export class GraphError extends Error {
  override readonly name = 'GraphError';
  readonly #fact: string;
  readonly #path: readonly string[];

  constructor(fact: string, path: readonly string[] = []) {
    super(path.length === 0 ? fact : `${path.join('.')}: ${fact}`);
    this.#fact = fact;
    this.#path = path;
  }

  /** The same error, one module further out. */
  within(module: string): GraphError {
    return new GraphError(this.#fact, [module, ...this.#path]);
  }
}

/** Runs `build`, which constructs one module, and adds the module's name to any GraphError. */
export function inModule<Result>(name: string, build: () => Result): Result {
  try {
    return build();
  } catch (error) {
    throw error instanceof GraphError ? error.within(name) : error;
  }
}
