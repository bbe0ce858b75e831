import type { Architecture, Block } from '../family/family.js';
import { plainNetwork } from '../model/network.js';
import { costTable, total, type CostOptions } from './cost.js';
import { formatBytes, formatCount, formatMilliseconds, type Cost } from './measure.js';

/** Multiply-adds as the family's published code counts them, if that differs. */
interface Convention {
  readonly releasedConvention?: number;
}

/** One line of a profile: a block and its cost. */
export interface ProfileRow extends Cost, Convention {
  readonly block: Block;
}

/** A network's cost, block by block. */
export interface Profile {
  readonly architecture: Architecture;
  readonly rows: readonly ProfileRow[];
  /** Stem and head. */
  readonly trunk: Cost;
  readonly total: Cost & Convention;
}

/** Measures an architecture block by block. */
export function profileOf(architecture: Architecture, options: CostOptions = {}): Profile {
  const { family, backbone, blocks } = architecture;
  const { publishedMacs } = family;
  const { trunk, choices } = costTable(plainNetwork(architecture), options);
  const costs = choices.map(([cost]) => cost);
  return {
    architecture,
    rows: blocks.map((block, at) => ({
      block,
      ...costs[at],
      ...(publishedMacs && { releasedConvention: publishedMacs.ofBlock(block, backbone) }),
    })),
    trunk,
    total: {
      ...total([trunk, ...costs]),
      ...(publishedMacs && { releasedConvention: publishedMacs.ofNetwork(architecture) }),
    },
  };
}

/**
 * The profile as a plain-text table, one block per line (counted from 1, as in the paper), with a line of explanation.
 */
export function formatProfile({ architecture, rows, trunk, total: sum }: Profile): string {
  const { family, backbone, name } = architecture;
  const counts = ({ parameters, macs, memory, latency }: Cost): string[] => [
    parameters.toLocaleString('en'),
    formatCount(macs),
    formatBytes(memory),
    ...(latency === undefined ? [] : [formatMilliseconds(latency)]),
  ];
  const blank = family.columns.map(() => '');
  const titles = ['block', ...family.columns.map(({ title }) => title), 'parameters', 'MACs', 'peak memory'];
  if (sum.latency !== undefined) titles.push('latency');
  const table = [
    titles,
    ...rows.map((row, index) => [
      String(index + 1),
      ...family.columns.map((column) => String(column.cell(row.block) ?? '–')),
      ...counts(row),
    ]),
    ['stem and head', ...blank, ...counts(trunk)],
    ['total', ...blank, ...counts(sum)],
  ];
  const widths = titles.map((_, column) => Math.max(...table.map((row) => row[column].length)));
  const lines = table.map((row) =>
    row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column]))).join('  '),
  );
  const rule = '-'.repeat(lines[0].length);
  const { convention } = family.publishedMacs ?? {};
  const published = convention === undefined ? '' : ` ${convention}: ${formatCount(sum.releasedConvention ?? 0)}.`;
  return [
    `${name ?? 'network'}: ${family.describeBackbone(backbone)}`,
    '',
    lines[0],
    rule,
    ...lines.slice(1, -1),
    rule,
    ...lines.slice(-1),
    '',
    `MACs: multiply-adds for one image.${published}`,
    'Peak memory: the most that activations take at once for one image; the total is the largest of the parts.',
    '',
  ].join('\n');
}
