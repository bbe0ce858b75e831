// Cuts the subset of the reference data in test/reference/ from a whole set:
//
//   node scripts/makeReference.mjs DIR [OUT]
//
// OUT is another folder to write it to. The subset has a case of every kind and stays below 12 MB. Index files are cut to
// the cases that are left, so that tests, which loop over them, need not know which set they read.
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** Pure attention, pure convolution, both, and a whole block; the smallest files of each. */
const MODULES = [
  'vit_d48_h3_ev1_B3_N33',
  'conv_d36_ec2_k17_B4_N20',
  'mix_d48_h3_v1_ev2_ec1_k31_B2_N29',
  'mix_d48_h3_v2_ev1_ec4_k45_B4_N17',
  'block_d48_h3_V2_ev1_ec4_k31_r2_B2_N33',
];
/**
 * The run that allows the tightest comparison and, because it does not store parameters that would drift, the smallest.
 */
const TRAINING_RUNS = ['adamw_zeroed'];
/** Two mixed images and one unmixed; a box inside the image and one clipped by its edges. */
const MIXES = ['mixup_0', 'mixup_3', 'cutmix_0', 'cutmix_1'];
/** Larger images use the same arithmetic on more bytes. */
const LARGEST_IMAGE = 64;
/** Gradients to keep of a network whose smaller sibling is complete: all except those of wide weights. */
const LARGEST_GRADIENT = 12_500;
/** Truncated copies of other checkpoints in the set; tests truncate at many lengths anyway. */
const TRUNCATED = /^bad_truncated_/;

const only = (object, keep) => Object.fromEntries(Object.entries(object).filter(([key]) => keep(key)));

/** The part of an index's content to keep. */
const CUT_INDEXES = {
  'modules/index.json': ({ cases, ...rest }) => {
    const kept = cases.filter(({ name }) => MODULES.includes(name));
    return { ...rest, count: kept.length, cases: kept };
  },
  'train/index.json': ({ runs, ...rest }) => ({
    ...rest,
    runs: runs.filter(({ name }) => TRAINING_RUNS.includes(name)),
  }),
  'checkpoints/index.json': ({ bad, sizes, ...rest }) => ({
    ...rest,
    bad: only(bad, (file) => !TRUNCATED.test(file)),
    sizes: only(sizes, (file) => !TRUNCATED.test(file)),
  }),
  'recipe/mixup_cutmix.json': ({ cases, ...rest }) => ({
    ...rest,
    cases: cases.filter(({ key }) => MIXES.includes(key)),
  }),
  'recipe/resize_eval.json': (index) => ({
    ...index,
    resize: index.resize.filter(({ width }) => width <= LARGEST_IMAGE),
    eval: index.eval.filter(({ input_size }) => input_size <= LARGEST_IMAGE),
  }),
};

/** The tensors of a file to keep, by name and size in bytes. */
const CUT_TENSORS = {
  'model/small.safetensors': (name) => !/^(grad|eval_features)\//.test(name),
  'deit/deit_small_cfg.safetensors': (name, bytes) =>
    !name.startsWith('eval_features/') && !(name.startsWith('grad/') && bytes > LARGEST_GRADIENT),
  'recipe/mixup_cutmix.safetensors': (name) => !name.includes('/') || MIXES.includes(name.split('/')[0]),
  'recipe/eval_transform.safetensors': (name) => Number(/_size(\d+)$/.exec(name)[1]) <= LARGEST_IMAGE,
};

/** Files to omit. */
const LEFT_OUT = [
  (file) => file === 'README.md',
  (file) =>
    file.startsWith('modules/') &&
    file.endsWith('.safetensors') &&
    !MODULES.includes(path.posix.basename(file, '.safetensors')),
  (file) =>
    /^train\/adamw.*\.safetensors$/.test(file) && !TRAINING_RUNS.includes(path.posix.basename(file, '.safetensors')),
  (file) => file.startsWith('checkpoints/') && TRUNCATED.test(path.posix.basename(file)),
  (file) => /^recipe\/(resize|eval)\/.*224.*\.png$/.test(file),
];

/**
 * Writes the subset of the whole set in `source` to the folder `out`, and removes everything else there except
 * README.md.
 */
function makeReference(source, out) {
  mkdirSync(out, { recursive: true });
  for (const entry of readdirSync(out)) if (entry !== 'README.md') rmSync(path.join(out, entry), { recursive: true });
  const files = {};
  for (const file of filesUnder(source).filter((each) => !LEFT_OUT.some((isLeftOut) => isLeftOut(each)))) {
    const content = cut(file, readFileSync(path.join(source, file)));
    const target = path.join(out, file);
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, content);
    files[file] = { bytes: content.length, sha256: createHash('sha256').update(content).digest('hex') };
  }
  writeFileSync(path.join(out, 'subset.json'), `${JSON.stringify({ files }, null, 1)}\n`);
}

function filesUnder(folder) {
  return readdirSync(folder, { recursive: true })
    .filter((file) => statSync(path.join(folder, file)).isFile())
    .map((file) => file.replaceAll(path.sep, '/'))
    .sort();
}

function cut(file, content) {
  if (file in CUT_INDEXES) return Buffer.from(`${JSON.stringify(CUT_INDEXES[file](JSON.parse(content)), null, 1)}\n`);
  return file in CUT_TENSORS ? cutTensors(content, CUT_TENSORS[file]) : content;
}

/** A safetensors file of the kept tensors, in data order. */
function cutTensors(content, keep) {
  const start = 8 + Number(content.readBigUInt64LE(0));
  const { __metadata__, ...tensors } = JSON.parse(content.subarray(8, start));
  const header = { __metadata__ };
  const parts = [];
  let at = 0;
  const inOrder = Object.entries(tensors).sort(([, a], [, b]) => a.data_offsets[0] - b.data_offsets[0]);
  for (const [
    name,
    {
      dtype,
      shape,
      data_offsets: [from, to],
    },
  ] of inOrder) {
    if (!keep(name, to - from)) continue;
    parts.push(content.subarray(start + from, start + to));
    header[name] = { dtype, shape, data_offsets: [at, (at += to - from)] };
  }
  const text = JSON.stringify(header);
  // Align data to 8 bytes, for readers that map files into memory.
  const json = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

if (realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const [source, out = fileURLToPath(new URL('../test/reference', import.meta.url))] = process.argv.slice(2);
  if (source === undefined) {
    console.error('give the folder of the whole set: node scripts/makeReference.mjs DIR');
    process.exit(1);
  }
  makeReference(source, out);
}
