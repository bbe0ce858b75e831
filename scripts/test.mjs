// Runs the checks and the tests over the built files; `npm test` builds first and then calls this.
//
//   npm test                                lint, formatting, every test
//   npm test -- graph                       only the test files whose path contains "graph"
//   npm test -- graph --name "sums over"    of those, only the tests whose name matches this pattern
//
// Under CI=true a skipped or todo test, and a run without any test, count as failures: what CI calls green has run. Not so
// what a machine cannot have: a test that says "not available here: WebGPU (…)" is named at the end. GLIT_REQUIRE names what must be
// there, such as golden,webgpu,chromium,mpi: the whole reference set (which GLIT_GOLDEN names), WebGPU, Chromium, MPI, OpenVINO,
// and Python with onnxruntime and others (which GLIT_PYTHON names).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** How a test says that the machine lacks something, and what it may lack. */
const NOT_AVAILABLE = /^not available here: (WebGPU|Chromium|MPI|Namespaces|OpenVINO|Python|bfloat16) /;
const REQUIREMENTS = ['golden', 'webgpu', 'chromium', 'mpi', 'openvino', 'python', 'bfloat16'];

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
const { filters, name } = readArguments();
const inContinuousIntegration = process.env.CI === 'true';
const required = readRequirements();
const references = findReferences();
// Stack traces of tests, and of processes that they start, show lines of TypeScript files.
process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --enable-source-maps`.trim();

const failures = [];
if (filters.length === 0 && name === undefined) {
  const cache = ['--cache', '--cache-location', 'node_modules/.cache/eslint/'];
  await Promise.all([
    check('lint', 'node_modules/eslint/bin/eslint.js', ...cache, '.'),
    check('formatting', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'),
  ]);
}
const files = builtTests().filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
if (files.length === 0) stop(`no test file matches: ${filters.join(' ') || 'dist/**/*.test.js'}`);
runTests(files);

function readArguments() {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { name: { type: 'string' } } });
    return { filters: positionals, name: values.name };
  } catch (error) {
    return stop(error.message);
  }
}

function readRequirements() {
  const wanted = (process.env.GLIT_REQUIRE ?? '').split(',').filter((each) => each !== '');
  const unknown = wanted.find((each) => !REQUIREMENTS.includes(each));
  if (unknown !== undefined) stop(`GLIT_REQUIRE names "${unknown}"; it can name ${REQUIREMENTS.join(', ')}`);
  return wanted;
}

/** The reference set that the tests read, in words. */
function findReferences() {
  const folder = process.env.GLIT_GOLDEN;
  if (folder !== undefined && !existsSync(folder)) stop(`GLIT_GOLDEN names ${folder}, which does not exist`);
  const isSubset = folder === undefined || existsSync(path.join(folder, 'subset.json'));
  if (isSubset && required.includes('golden')) {
    stop('GLIT_REQUIRE asks for the whole reference set: name its folder in GLIT_GOLDEN');
  }
  return isSubset ? 'subset in the repository' : 'whole set';
}

/** Runs a development tool in node_modules with this Node, without a shell. */
async function check(what, script, ...args) {
  console.log(`> ${what}`);
  const [status] = await once(spawn(process.execPath, [script, ...args], { stdio: 'inherit' }), 'close');
  if (status !== 0) failures.push(`failed: ${what}`);
}

/** The test files in dist/, as paths with forward slashes. Those beside the code are short, and come last to fill both places. */
function builtTests() {
  if (!existsSync('dist')) stop('there is no dist/ yet: run `npm run build`');
  return readdirSync('dist', { recursive: true })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.test.js'))
    .sort()
    .sort((a, b) => Number(a.startsWith('src/')) - Number(b.startsWith('src/')));
}

/** Runs every file in a separate process, two at a time, and prints Node's spec report with its totals. */
function runTests(files) {
  const absolute = files.map((file) => path.join(root, 'dist', file));
  let passed = 0;
  let passedReferences = 0;
  let failed = false;
  const notExecuted = [];
  const notAvailable = new Map();
  run({ files: absolute, concurrency: 2, timeout: 600_000, ...(name !== undefined && { testNamePatterns: name }) })
    .on('test:pass', ({ name: test, file, skip, todo, details }) => {
      const [, lacking] = NOT_AVAILABLE.exec(skip) ?? [];
      if (lacking !== undefined) notAvailable.set(lacking, skip);
      else if (isSet(skip)) notExecuted.push(`${test} (skipped)`);
      else if (isSet(todo)) notExecuted.push(`${test} (todo)`);
      else if (absolute.includes(path.resolve(test))) notExecuted.push(`${test} (holds no test)`);
      else if (details.type !== 'suite') {
        passed += 1;
        if (readsReferences(file)) passedReferences += 1;
      }
    })
    .on('test:fail', ({ name: test, todo }) => {
      if (isSet(todo)) notExecuted.push(`${test} (todo)`);
      else failed = true;
    })
    .compose(new spec())
    .on('end', () => {
      if (absolute.some(readsReferences)) console.log(`reference cases: ${passedReferences} (${references})`);
      for (const [lacking, reason] of notAvailable) {
        console.log(reason);
        if (required.includes(lacking.toLowerCase())) failures.push(`GLIT_REQUIRE asks for ${lacking}`);
      }
      // With a pattern, tests that do not match it count as not executed.
      if (inContinuousIntegration && name === undefined) {
        failures.push(...notExecuted.map((each) => `not executed, which CI counts as failed: ${each}`));
      }
      if (passed === 0 && (inContinuousIntegration || name !== undefined)) failures.push('no test passed');
      for (const line of failures) console.error(line);
      if (failed || failures.length > 0) process.exitCode = 1;
    })
    .pipe(process.stdout);
}

/** Whether a test file compares with recorded numbers; Node gives the name of its TypeScript or its compiled file. */
function readsReferences(file) {
  return /^(dist\/)?test\/golden\//.test(path.relative(root, file ?? '').replaceAll(path.sep, '/'));
}

/** Whether a test has this mark: `true` or a reason. */
function isSet(mark) {
  return mark !== undefined && mark !== false;
}

function stop(reason) {
  console.error(reason);
  process.exit(1);
}
