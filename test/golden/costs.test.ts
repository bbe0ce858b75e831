import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { costOf, costsOfSpace } from '../../src/measure/cost.js';
import { plainNetwork } from '../../src/model/network.js';
import { preset } from '../../src/family/families.js';
import { profileOf } from '../../src/measure/profile.js';
import { releasedBlockConvention, releasedConvention } from '../../src/family/glit/releasedConvention.js';
import { deitLayout, glitLayout } from '../../src/family/glit/layouts.js';
import { toLayout } from '../../src/model/stateDict.js';
import { glitArchitecture, type GlitArchitecture } from '../../src/family/glit/architecture.js';
import { block, describeBlock } from '../../src/family/glit/block.js';
import { headSplits, releasedLowLevel } from '../../src/space/lowLevel.js';
import { zeros } from '../../src/tensor/tensor.js';
import { goldenJson } from './data.js';

interface Candidate {
  readonly v_head: number;
  readonly candidate: number;
  readonly e_v: number;
  readonly e_c: number;
  readonly k_size: number;
  readonly mlp_ratio: number;
  readonly params_block: number;
  readonly official_flops_m: number;
  readonly exact_macs: number;
}

interface CostedNetwork {
  readonly params: number;
  readonly official_flops_m: { readonly total: number };
  readonly exact_macs: number;
  readonly per_block?: readonly { readonly params: number; readonly official_flops_m: number; readonly exact_macs: number }[];
}

interface Costs {
  readonly candidates_dim192_heads3_tokens197: readonly Candidate[];
  readonly models: Readonly<Record<string, CostedNetwork>>;
}

interface SmallModel {
  readonly config: Record<'img' | 'patch' | 'dim' | 'heads' | 'classes', number>;
  readonly blocks: readonly Record<'v_head_of_3' | 'e_v' | 'e_c' | 'k_size' | 'mlp_ratio', number>[];
  readonly official_flops_m: Record<'embed' | 'trans' | 'head', number>;
}

interface StateDictShapes {
  readonly parameters: number;
  readonly buffer_elements: number;
  readonly state_dict: readonly { readonly name: string; readonly shape: readonly number[]; readonly dtype: string }[];
}

const costs = await goldenJson<Costs>('costs/costs.json');
const { models: smallModels } = await goldenJson<{ models: readonly SmallModel[] }>('model/index.json');
const shapes = await goldenJson<Readonly<Record<string, StateDictShapes>>>('deit/state_dict_shapes.json');

const names = { deit_tiny: 'deit-tiny', deit_small: 'deit-small', deit_base: 'deit-base', glit_tiny: 'glit-tiny' };
const networks = Object.entries(names).map(([official, name]) => ({
  official: `${official}_patch16_224`,
  architecture: preset(name) as GlitArchitecture,
}));

/** Equal up to the rounding of a sum of doubles. */
function assertRelative(actual: number, expected: number, what: string): void {
  assert.ok(Math.abs(actual - expected) <= 1e-9 * Math.abs(expected), `${what}: ${actual} instead of ${expected}`);
}

describe('costs', () => {
  test('of all 36 released blocks: parameters, multiply-adds and the released formula', () => {
    const backbone = { imageSize: 224, patchSize: 16, dim: 192, heads: 3, classes: 1000 };
    const candidates = costs.candidates_dim192_heads3_tokens197;
    assert.equal(candidates.length, 36);
    for (const one of candidates) {
      const space = releasedLowLevel(headSplits([one.v_head], 3));
      const made = space.positions[0][one.candidate];
      const what = `heads ${one.v_head}, candidate ${one.candidate}, ${describeBlock(made)}`;
      assert.equal(made.ffnRatio, one.mlp_ratio, what);
      if (one.v_head > 0) assert.equal(made.dkRatio, one.e_v, what);
      if (one.v_head < 3) assert.deepEqual([made.kernel, made.expansion], [one.k_size, one.e_c], what);
      const { macs, parameters } = costsOfSpace(backbone, space).choices[0][one.candidate];
      assert.deepEqual({ macs, parameters }, { macs: one.exact_macs, parameters: one.params_block }, what);
      assertRelative(releasedBlockConvention(made, backbone), one.official_flops_m * 1e6, what);
    }
  });

  for (const { official, architecture: network } of networks) {
    test(`of ${official}`, () => {
      const expected = costs.models[official];
      const { macs, parameters } = costOf(network);
      assert.deepEqual({ macs, parameters }, { macs: expected.exact_macs, parameters: expected.params });
      assertRelative(releasedConvention(network), expected.official_flops_m.total * 1e6, official);
      const { rows, total } = profileOf(network);
      assert.equal(total.macs, expected.exact_macs);
      expected.per_block?.forEach((blockCost, at) => {
        assert.equal(rows[at].macs, blockCost.exact_macs);
        assert.equal(rows[at].parameters, blockCost.params);
        assertRelative(Number(rows[at].releasedConvention), blockCost.official_flops_m * 1e6, `block ${at}`);
      });
    });
  }

  test('by the released formula, which takes 197 tokens whatever the image', () => {
    for (const { config, blocks, official_flops_m } of smallModels) {
      const { img: imageSize, patch: patchSize, dim, heads, classes } = config;
      const small = glitArchitecture({
        backbone: { imageSize, patchSize, dim, heads, classes },
        blocks: blocks.map(({ v_head_of_3, e_v, e_c, k_size, mlp_ratio }) => {
          const globalHeads = (v_head_of_3 * heads) / 3;
          const localHeads = heads - globalHeads;
          const local = localHeads > 0 ? { kernel: k_size, expansion: e_c } : {};
          return block({ globalHeads, localHeads, dkRatio: e_v, ffnRatio: mlp_ratio, ...local });
        }),
      });
      const { embed, trans, head } = official_flops_m;
      assertRelative(releasedConvention(small), (embed + trans + head) * 1e6, 'small network');
    }
  });
});

describe('state dicts: names in order, shapes, types', () => {
  for (const { official, architecture: described } of networks) {
    test(official, () => {
      const expected = shapes[official];
      const network = plainNetwork(described);
      const state = new Map(
        [network.trunk, ...network.choices.flat()].flatMap(({ prefix, parameters, buffers }) =>
          [...parameters, ...buffers].map(({ name, shape }) => [prefix + name, zeros('float32', shape)] as const),
        ),
      );
      const layout = official.startsWith('glit') ? glitLayout : deitLayout;
      assert.deepEqual(
        [...toLayout(network, state, layout)].map(([name, { shape, dtype }]) => ({ name, shape, dtype })),
        expected.state_dict.map(({ name, shape, dtype }) => ({ name, shape, dtype })),
      );
      assert.equal(costOf(described).parameters, expected.parameters);
    });
  }
});
