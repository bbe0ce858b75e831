import { add, count, interleave, loadVector, multiply, procedure, storeVector } from './assembler.js';
import type { Code, Variable } from './assembler.js';

/** Rows and columns of a block. */
export const BLOCK = 16;

const places = Array.from({ length: BLOCK }, (_, at) => at);
const vectorsOf = (name: string): { readonly [N in string]: 'v128' } =>
  Object.fromEntries(places.map((at) => [`${name}${at}`, 'v128' as const]));

/**
 * Transposes `blocks` blocks of 16 × 16 bytes. The rows of one are `sourceLine` bytes apart, and the next begins `sourceStep` bytes
 * after it; so with `targetLine` and `targetStep` at the target.
 */
export const transposeBlocks = procedure(
  'transposeBlocks',
  ['source', 'sourceLine', 'sourceStep', 'blocks', 'target', 'targetLine', 'targetStep'],
  { block: 'i32', from: 'i32', to: 'i32', ...vectorsOf('even'), ...vectorsOf('odd') },
  ({ source, sourceLine, sourceStep, blocks, target, targetLine, targetStep, block, from, to, ...vectors }) => {
    const named = vectors as { readonly [N in string]: Variable };
    const [even, odd] = ['even', 'odd'].map((name) => places.map((at) => named[`${name}${at}`]));
    // A round moves the highest bit of a place to the lowest, over vector and byte within it; four exchange the two.
    const round = (before: readonly Variable[], after: readonly Variable[]): Code[] =>
      places.map((at) =>
        after[at].set(interleave[at % 2 === 0 ? 'low' : 'high'](before[at >> 1].get, before[(at >> 1) + 8].get)),
      );
    return [
      count(block, blocks.get, 1, [
        from.set(add(source.get, multiply(block.get, sourceStep.get))),
        to.set(add(target.get, multiply(block.get, targetStep.get))),
        ...even.flatMap((vector) => [vector.set(loadVector(from.get)), from.set(add(from.get, sourceLine.get))]),
        ...round(even, odd),
        ...round(odd, even),
        ...round(even, odd),
        ...round(odd, even),
        ...even.flatMap((vector) => [storeVector(to.get, vector.get), to.set(add(to.get, targetLine.get))]),
      ]),
    ];
  },
);
