import type { Architecture } from '../space/architecture.js';
import type { Block } from '../space/block.js';
import { blockCosts, costOf, formatCount, trunkCost, type Cost } from './cost.js';
import { releasedBlockConvention, releasedConvention } from './releasedConvention.js';

/** One line of a profile: a block and what it takes. */
export interface ProfileRow extends Cost {
  readonly block: Block;
  /** Multiply-adds as the released code counts them. */
  readonly releasedConvention: number;
}

/** A network block by block. */
export interface Profile {
  readonly architecture: Architecture;
  readonly rows: readonly ProfileRow[];
  /** Patch embedding, final norm and head. */
  readonly trunk: Cost;
  readonly total: Cost & { readonly releasedConvention: number };
}

/** Measures an architecture block by block. */
export function profileOf(architecture: Architecture): Profile {
  const { backbone, blocks } = architecture;
  const costOfBlock = blockCosts(backbone);
  return {
    architecture,
    rows: blocks.map((block) => ({
      block,
      ...costOfBlock(block),
      releasedConvention: releasedBlockConvention(block, backbone),
    })),
    trunk: trunkCost(backbone),
    total: { ...costOf(architecture), releasedConvention: releasedConvention(architecture) },
  };
}

const COLUMNS = ['block', 'G', 'L', 'K', 'E', 'd_k ratio', 'FFN ratio', 'parameters', 'MACs'];

/** The profile as a plain-text table, one block a line (counted from 1, as in the paper), with a line of explanation. */
export function formatProfile({ architecture, rows, trunk, total }: Profile): string {
  const { imageSize, patchSize, dim, heads, classes } = architecture.backbone;
  const size = `${imageSize} px in patches of ${patchSize}, width ${dim}, ${heads} heads, ${classes} classes`;
  const counts = ({ parameters, macs }: Cost): string[] => [parameters.toLocaleString('en'), formatCount(macs)];
  const blank = ['', '', '', '', '', ''];
  const table = [
    COLUMNS,
    ...rows.map(({ block: { globalHeads, localHeads, kernel, expansion, dkRatio, ffnRatio }, ...cost }, index) => [
      ...[index + 1, globalHeads, localHeads, kernel, expansion, dkRatio, ffnRatio].map((value) =>
        String(value ?? '–'),
      ),
      ...counts(cost),
    ]),
    ['embedding, norm, head', ...blank, ...counts(trunk)],
    ['total', ...blank, ...counts(total)],
  ];
  const widths = COLUMNS.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
  const rule = '-'.repeat(lines[0].length);
  const released = formatCount(total.releasedConvention);
  return [
    `${architecture.name ?? 'network'}: ${size}`,
    '',
    lines[0],
    rule,
    ...lines.slice(1, -1),
    rule,
    ...lines.slice(-1),
    '',
    `MACs: multiply-adds for one image. By GLiT's released code, which always counts 197 tokens: ${released}.`,
    '',
  ].join('\n');
}
