import { describe, test } from 'node:test';
import { constant, input, vjp, type Value } from '../../src/graph/index.js';
import { glBlock, mixer } from '../../src/family/glit/glBlock.js';
import { evaluation, training, type Phase } from '../../src/nn/phase.js';
import { Scope } from '../../src/nn/scope.js';
import { block, type GlitBlock } from '../../src/family/glit/block.js';
import { zeros, type Tensor } from '../../src/tensor/tensor.js';
import { evaluate } from '../support/evaluate.js';
import { Comparison } from './comparison.js';
import { goldenJson, GoldenTensors } from './data.js';
import { ZeroGradients } from './zeroGradients.js';

interface Case {
  readonly name: string;
  readonly file: string;
  readonly kind: 'vit' | 'conv' | 'mix' | 'block';
  readonly args: {
    readonly num_heads: number;
    readonly e_v?: number;
    readonly e_c?: number;
    readonly k_size?: number;
    /** Attention heads of three. */
    readonly v_head?: number;
    readonly V_head?: number;
    readonly mlp_ratio?: number;
  };
  readonly analytically_zero_gradients: readonly string[];
}

const { cases } = await goldenJson<{ cases: readonly Case[] }>('modules/index.json');

describe("the official network's token mixers and blocks", () => {
  for (const one of cases) {
    test(`${one.name}: outputs, gradients and running statistics`, async (t) => {
      const comparison = new Comparison();
      await check(one, comparison);
      t.diagnostic(comparison.report());
    });
  }
});

async function check({ file, kind, args, analytically_zero_gradients }: Case, comparison: Comparison): Promise<void> {
  const golden = await GoldenTensors.read(`modules/${file}`);
  const state = new Map([...golden.under('state/')].filter(([name]) => !name.endsWith('num_batches_tracked')));
  const parameters = [...golden.under('grad/').keys()].filter((name) => name !== 'x');
  const [x, g] = ['x', 'g'].map((name) => input(name, 'float32', golden.get(name).shape));
  const variables = new Map([...state].map(([name, { shape }]) => [name, input(`state/${name}`, 'float32', shape)]));
  const run = (values: ReadonlyMap<string, Value>, phase: Phase) => {
    const scope = Scope.over(values);
    return { y: (kind === 'block' ? glBlock : mixer)(scope, x, blockOf(kind, args), phase), scope };
  };

  const trained = run(variables, training({ momentum: constant(0.1) }));
  const targets = [x, ...parameters.map((name) => variables.get(name) as Value)];
  const gradients = vjp([trained.y], [g], targets);
  const outputs: Record<string, Value> = {
    out_eval: run(variables, evaluation).y,
    out_train: trained.y,
    out_eval_after: run(new Map([...variables, ...trained.scope.updates]), evaluation).y,
    ...Object.fromEntries([...trained.scope.updates].map(([name, value]) => [`after/${name}`, value])),
    ...Object.fromEntries(
      ['x', ...parameters].map((name, at) => [
        `grad/${name}`,
        gradients[at] ?? constant(zeros('float32', targets[at].shape)),
      ]),
    ),
  };
  const feeds = Object.fromEntries([
    ...[...state].map(([name, value]) => [`state/${name}`, value] as const),
    ...['x', 'g'].map((name) => [name, golden.get(name)] as const),
  ]);
  const actual = await evaluate(outputs, feeds);

  for (const name of ['out_eval', 'out_train', 'out_eval_after']) {
    comparison.absolute('outputs', name, actual[name], golden.get(name), 2e-5);
  }
  for (const name of golden.under('after/').keys()) {
    if (name.endsWith('num_batches_tracked')) continue;
    comparison.absolute('statistics', name, actual[`after/${name}`], golden.get(`after/${name}`), 1e-6);
  }
  const zero = new ZeroGradients(analytically_zero_gradients);
  for (const name of ['x', ...parameters]) {
    const pair = [actual[`grad/${name}`], golden.get(`grad/${name}`)];
    compareIfAny(pair.map((gradient) => zero.outside(name, gradient)), (found, expected) =>
      comparison.ofLargest('gradients', name, found, expected, 1e-5),
    );
    compareIfAny(pair.map((gradient) => zero.within(name, gradient)), (found, expected) =>
      comparison.absolute('zero gradients', name, found, expected, 1e-4),
    );
  }
}

function compareIfAny(
  [actual, expected]: readonly (Tensor | undefined)[],
  compare: (actual: Tensor, expected: Tensor) => void,
): void {
  if (actual !== undefined && expected !== undefined) compare(actual, expected);
}

function blockOf(kind: Case['kind'], { num_heads: heads, e_v, e_c, k_size, v_head, V_head, mlp_ratio }: Case['args']): GlitBlock {
  const thirds = kind === 'vit' ? 3 : kind === 'conv' ? 0 : (v_head ?? V_head ?? NaN);
  const globalHeads = (heads * thirds) / 3;
  return block({
    globalHeads,
    localHeads: heads - globalHeads,
    ...(k_size !== undefined && { kernel: k_size }),
    ...(e_c !== undefined && { expansion: e_c }),
    ...(e_v !== undefined && { dkRatio: e_v }),
    ...(mlp_ratio !== undefined && { ffnRatio: mlp_ratio }),
  });
}
