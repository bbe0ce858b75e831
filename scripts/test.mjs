// Runs the checks and the tests over the built files; `npm test` builds first and then calls this.
//
//   npm test              lint, formatting, every test
//   npm test -- graph     only the test files whose path contains "graph"
//
// Under CI=true a skipped or todo test, and a run without any test, count as failures: what CI calls green has run.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const filters = process.argv.slice(2);
const inContinuousIntegration = process.env.CI === 'true';
const failedChecks = [];
process.chdir(root);

if (filters.length === 0) {
  check('lint', 'node_modules/eslint/bin/eslint.js', '.');
  check('formatting', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
}
const files = builtTests().filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
if (files.length === 0) stop(`no test file matches: ${filters.join(' ') || 'dist/**/*.test.js'}`);
runTests(files);

/** Runs a development tool of node_modules with this very Node, so that no shell is involved. */
function check(name, script, ...args) {
  console.log(`> ${name}`);
  const { status, error } = spawnSync(process.execPath, [script, ...args], { stdio: 'inherit' });
  if (error !== undefined) throw error;
  if (status !== 0) failedChecks.push(name);
}

/** The test files in dist/, as paths with forward slashes; those whose source is gone are leftovers of an older build. */
function builtTests() {
  if (!existsSync('dist')) stop('there is no dist/ yet: run `npm run build`');
  return readdirSync('dist', { recursive: true })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.test.js') && existsSync(file.replace(/\.js$/, '.ts')))
    .sort();
}

/** Runs every file in a process of its own, two at a time, and prints Node's spec report with its closing counts. */
function runTests(files) {
  const absolute = files.map((file) => path.join(root, 'dist', file));
  let passed = 0;
  const notExecuted = [];
  run({ files: absolute, concurrency: 2, timeout: 600_000 })
    .on('test:pass', ({ name, skip, todo, details }) => {
      if (isSet(skip)) notExecuted.push(`${name} (skipped)`);
      else if (isSet(todo)) notExecuted.push(`${name} (todo)`);
      else if (absolute.includes(path.resolve(name))) notExecuted.push(`${name} (holds no test)`);
      else if (details.type !== 'suite') passed += 1;
    })
    .on('test:fail', ({ name, todo }) => {
      if (isSet(todo)) notExecuted.push(`${name} (todo)`);
      else process.exitCode = 1;
    })
    .on('end', () => {
      for (const name of failedChecks) console.error(`failed: ${name}`);
      if (failedChecks.length > 0) process.exitCode = 1;
      if (!inContinuousIntegration) return;
      for (const name of notExecuted) console.error(`not executed, which CI counts as failed: ${name}`);
      if (passed === 0) console.error('no test passed, which CI counts as failed');
      if (notExecuted.length > 0 || passed === 0) process.exitCode = 1;
    })
    .compose(new spec())
    .pipe(process.stdout);
}

/** Whether a test carries this mark: `true` or a reason. */
function isSet(mark) {
  return mark !== undefined && mark !== false;
}

function stop(reason) {
  console.error(reason);
  process.exit(1);
}
