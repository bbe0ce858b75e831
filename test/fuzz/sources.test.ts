import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decoderInput } from '../../src/dataset/encodedBytes.js';
import { isStored } from '../../src/dataset/source.js';
import type { ImageSource } from '../../src/dataset/source.js';
import { Cache } from '../../src/dataset/sources/cache.js';
import { findSource } from '../../src/dataset/sources/openSource.js';
import {
  cifar10Files,
  mnistFiles,
  parquet,
  pax,
  pngs,
  samples,
  sign,
  tar,
  writeFiles,
} from '../support/sourceFiles.js';
import { mutated } from './mutations.js';
import { survives } from './verdict.js';

const folder = mkdtempSync(join(tmpdir(), 'glit-fuzz-'));
after(() => {
  rmSync(folder, { recursive: true });
});
const cache = new Cache(join(folder, 'cache'));
const RUNS = Number(process.env['GLIT_FUZZ_RUNS'] ?? 120);
/**
 * Seconds for a row group. A damaged one can make the library loop forever: the process that reads it must be ended while
 * `survives` still waits.
 */
const PATIENCE = 8;
/** A table is read in a separate process, which takes a tenth of a second to start. */
const TABLE_RUNS = Number(process.env['GLIT_FUZZ_RUNS'] ?? 15);

const images = await pngs(6);
const members = await samples([0, 1, 0, 1]);
const long = `${'folder/'.repeat(30)}image`;
const archives = [
  tar(members),
  tar([
    { name: 'pax', type: 'x', body: pax('path', `${long}.png`) + pax('size', String(images[0].length)) },
    { name: 'short', body: images[0] },
    { name: '././@LongLink', type: 'L', body: `${long}.cls\0` },
    { name: 'short', body: '1' },
    ...members,
  ]),
];

/** The archive with right checksums for whatever its headers now say. */
function signed(archive: Uint8Array): Uint8Array {
  const copy = Buffer.from(archive);
  for (let at = 0; at + 512 <= copy.length; at += 512) {
    if (copy.toString('latin1', at + 257, at + 262) === 'ustar') sign(copy.subarray(at, at + 512));
  }
  return copy;
}

const tables = [
  parquet(images, [0, 1, 2, 0, 1, 2], { names: ['a', 'b', 'c'], rowGroupSize: 4 }),
  parquet(images, [0, 1, 2, 0, 1, 2], { names: ['a', 'b', 'c'], codec: 'UNCOMPRESSED' }),
  parquet(images, ['x', 'y', 'x', 'y', 'x', 'y'], { plain: true, codec: 'UNCOMPRESSED' }),
];

interface Format {
  readonly what: string;
  /** The unchanged files. */
  readonly others: Readonly<Record<string, string | Uint8Array>>;
  readonly name: string;
  readonly content: fc.Arbitrary<Uint8Array>;
  readonly runs: number;
  /** Contents that an earlier build did not refuse in one line. */
  readonly found?: readonly Uint8Array[];
}

const mnist = mnistFiles();
const imagesName = 'train-images-idx3-ubyte';
const labelsName = 'train-labels-idx1-ubyte';
const formats: readonly Format[] = [
  { what: 'IDX images', others: mnist, name: imagesName, content: mutated([mnist[imagesName]]), runs: RUNS },
  { what: 'IDX labels', others: mnist, name: labelsName, content: mutated([mnist[labelsName]]), runs: RUNS },
  {
    what: 'packed IDX images',
    others: mnist,
    name: imagesName,
    content: fc.oneof(
      mutated([gzipSync(mnist[imagesName])]),
      mutated([mnist[imagesName]]).map((bytes) => gzipSync(bytes)),
    ),
    runs: RUNS,
  },
  {
    what: 'a CIFAR batch',
    others: cifar10Files(),
    name: 'data_batch_1.bin',
    content: mutated([Buffer.from(cifar10Files()['data_batch_1.bin'])]),
    runs: RUNS,
  },
  {
    what: 'CIFAR class names',
    others: cifar10Files(),
    name: 'batches.meta.txt',
    content: mutated([Buffer.from('airplane\nautomobile\n')]),
    runs: RUNS,
    found: [Buffer.from('a\nplane\na\rtomobile\n')],
  },
  { what: 'a tar shard', others: {}, name: 'train.tar', content: mutated(archives), runs: RUNS },
  {
    what: 'a tar shard with right checksums',
    others: {},
    name: 'train.tar',
    content: mutated(archives).map(signed),
    runs: RUNS,
  },
  { what: 'a Parquet file', others: {}, name: 'train.parquet', content: mutated(tables), runs: TABLE_RUNS },
  {
    what: 'a Parquet footer',
    others: {},
    name: 'train.parquet',
    content: fc.constantFrom(...tables).chain((table) => {
      const begin = table.length - 8 - table.readUInt32LE(table.length - 8);
      return mutated([table.subarray(begin, table.length - 8)]).map((footer) => {
        const length = Buffer.alloc(4);
        length.writeUInt32LE(footer.length);
        return Buffer.concat([table.subarray(0, begin), footer, length, Buffer.from('PAR1')]);
      });
    }),
    runs: TABLE_RUNS,
  },
];

/** Reads a few of the images; each may fail. */
async function readSome(source: ImageSource): Promise<void> {
  if (isStored(source)) return;
  for (let index = 0; index < Math.min(4, source.labels.length); index++) {
    await decoderInput(source.encoded(index)).catch((error: unknown) => {
      assert.ok(error instanceof Error);
    });
  }
}

describe('a data set with a mutated file is opened or refused in one line:', () => {
  for (const [index, { what, others, name, content, runs, found = [] }] of formats.entries()) {
    test(what, async () => {
      const root = writeFiles(join(folder, String(index)), others);
      let read = 0;
      await fc.assert(
        fc.asyncProperty(content, async (bytes) => {
          writeFiles(root, { [name]: bytes });
          const opened = await survives(async () => {
            const { classes, train, test: testing } = await findSource(root, { cache, patience: PATIENCE });
            for (const split of [train, testing]) {
              if (split === undefined) continue;
              assert.ok(split.source.labels.every((label) => label >= 0 && label < classes.length));
              await readSome(split.source);
            }
          });
          if (opened) read++;
        }),
        { numRuns: runs, examples: found.map((bytes) => [bytes]) },
      );
      assert.ok(read < runs, 'some are refused');
    });
  }
});
