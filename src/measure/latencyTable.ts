import { z } from 'zod';
import { UserError } from '../errors.js';
import type { Architecture, Backbone, Block, Family } from '../family/family.js';
import type { Shape } from '../tensor/tensor.js';
import type { PartLatencies } from './cost.js';

/** Latencies as a file: what the parts of a search space take on one machine, and how well they predict networks. */

const FORMAT = 'glit-latency/1';

const count = z.int().min(1);
const share = z.number().min(0).max(1);
const error = z.number().min(0);
const milliseconds = z.number();

/** Relative errors over networks. */
const errors = z.strictObject({
  /** The share of networks with an error of at most a tenth. */
  within10: share,
  median: error,
  /** The 95th percentile. */
  p95: error,
});

const latencyTable = z.strictObject({
  format: z.literal(FORMAT),
  machine: z.strictObject({ cpu: z.string(), platform: z.string(), arch: z.string() }),
  engine: z.strictObject({
    device: z.string(),
    /** Default: float32. */
    precision: z.string().exactOptional(),
    onnxruntime: z.string(),
    threads: count,
    batch: count,
  }),
  /** Every network is timed in `rounds` rounds, after some runs of warm-up. */
  timing: z.strictObject({ rounds: count, warmUp: z.int().min(0) }),
  family: z.string(),
  backbone: z.record(z.string(), count),
  /** Blocks of a network. */
  depth: count,
  space: z.string(),
  /** On networks that had no part in the table, from the smallest to the largest. */
  check: z.strictObject({
    prediction: errors,
    /** Of predicting the same for every network. */
    constant: errors,
    /** Of predicting a measurement by an earlier one. */
    repetition: errors,
    networks: z.array(
      z.strictObject({
        blocks: z.array(z.string()),
        predicted: milliseconds,
        measured: milliseconds,
        again: milliseconds,
      }),
    ),
  }),
  /** Stem and head. */
  trunk: milliseconds,
  blocks: z.array(z.strictObject({ block: z.string(), input: z.array(count), milliseconds })).min(1),
});

/** Milliseconds per batch of the parts of a search space's networks, measured on one machine by one engine. */
export type LatencyTable = z.infer<typeof latencyTable>;
export type LatencyErrors = z.infer<typeof errors>;

/** The table as JSON, one block and one network per line. */
export function formatLatencyTable(table: LatencyTable): string {
  const line = (value: unknown): string => JSON.stringify(value);
  const list = (values: readonly unknown[], indent: string): string =>
    `[\n${values.map((value) => `${indent}  ${line(value)}`).join(',\n')}\n${indent}]`;
  const { check, blocks, ...head } = table;
  const { networks, ...errorsOf } = check;
  const fields = Object.entries(head).map(([key, value]) => `  "${key}": ${line(value)}`);
  const checkFields = Object.entries(errorsOf).map(([key, value]) => `    "${key}": ${line(value)}`);
  return `{\n${[
    ...fields,
    `  "check": {\n${[...checkFields, `    "networks": ${list(networks, '    ')}`].join(',\n')}\n  }`,
    `  "blocks": ${list(blocks, '  ')}`,
  ].join(',\n')}\n}\n`;
}

/** Parses the output of {@link formatLatencyTable}. Throws a UserError that names `source` when it is none. */
export function parseLatencyTable(text: string, source: string): LatencyTable {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  if (format !== FORMAT) {
    throw new UserError(`${source} is no latency table of this version; write one with glit latency measure`);
  }
  const parsed = latencyTable.safeParse(value);
  if (parsed.success) return parsed.data;
  const [{ path, message }] = parsed.error.issues;
  throw new UserError(`${source}: ${path.map(String).join('.')}: ${message}; write it again with glit latency measure`);
}

/** Networks to look up in a table. */
export interface TableSubject {
  readonly family: Family;
  readonly backbone: Backbone;
  readonly depth: number;
}

/**
 * The table's latencies for networks of these sizes. Throws a UserError when it is for others; asking for a block that
 * it lacks throws one too. `source` names the table in both.
 */
export function latenciesFrom(table: LatencyTable, subject: TableSubject, source: string): PartLatencies {
  const { family, depth } = subject;
  const advice = 'measure these networks with glit latency measure';
  if (table.family !== family.name) {
    throw new UserError(`${source} has latencies of ${table.family} networks, not of ${family.name}; ${advice}`);
  }
  for (const field of family.backboneFields) {
    const { [field]: given } = table.backbone;
    const { [field]: wanted } = subject.backbone;
    if (given === wanted) continue;
    throw new UserError(
      `${source} is for ${field} ${given ?? '(none)'}, but the network has ${wanted ?? '(none)'}; ${advice}`,
    );
  }
  if (table.depth !== depth) {
    throw new UserError(`${source} is for networks of ${table.depth} blocks, not of ${depth}; ${advice}`);
  }
  const known = new Map(table.blocks.map((entry) => [keyOf(entry.block, entry.input), entry.milliseconds]));
  return {
    trunk: table.trunk,
    ofBlock(block: Block, given: Shape) {
      const described = family.describeBlock(block);
      const found = known.get(keyOf(described, given));
      if (found !== undefined) return found;
      throw new UserError(`${source} is of the space "${table.space}" and has no block ${described}; ${advice}`);
    },
  };
}

/** The sizes of one architecture, for {@link latenciesFrom}. */
export function subjectOf({ family, backbone, blocks }: Architecture): TableSubject {
  return { family, backbone, depth: blocks.length };
}

function keyOf(block: string, input: Shape): string {
  return `${block} on ${input.join('x')}`;
}
