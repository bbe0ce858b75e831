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
const inContinuousIntegration = process.env.CI === 'true' || process.env.CI === '1';

if (filters.length === 0) {
  check('lint', 'node_modules/eslint/bin/eslint.js', '.');
  check('formatting', 'node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.');
}
const files = builtTests().filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)));
if (files.length === 0) stop(`no test file matches: ${filters.join(' ') || 'dist/**/*.test.js'}`);
runTests(files);

/** Runs a development tool of node_modules with this very Node, so that no shell is involved; stops where it fails. */
function check(name, script, ...args) {
  console.log(`> ${name}`);
  const { status, error } = spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
  if (status !== 0) stop(`${name} failed${error === undefined ? '' : `: ${error.message}`}`);
}

/** The test files in dist/, as paths with forward slashes; those whose source is gone are leftovers of an older build. */
function builtTests() {
  const dist = path.join(root, 'dist');
  if (!existsSync(dist)) stop('there is no dist/ yet: run `npm run build`');
  return readdirSync(dist, { recursive: true })
    .map((file) => file.replaceAll(path.sep, '/'))
    .filter((file) => file.endsWith('.test.js') && existsSync(path.join(root, file.replace(/\.js$/, '.ts'))))
    .sort();
}

/** Runs every file in a process of its own, two at a time, and prints Node's spec report with its closing counts. */
function runTests(files) {
  const absolute = files.map((file) => path.join(root, 'dist', file));
  let executed = 0;
  const notExecuted = [];
  run({ files: absolute, concurrency: 2, timeout: 600_000 })
    .on('test:pass', note)
    .on('test:fail', note)
    .on('test:fail', (event) => {
      if (event.todo === undefined || event.todo === false) process.exitCode = 1;
    })
    .on('end', () => {
      if (!inContinuousIntegration) return;
      for (const name of notExecuted) process.stderr.write(`CI: not executed: ${name}\n`);
      if (executed === 0) process.stderr.write('CI: no test was executed\n');
      if (notExecuted.length > 0 || executed === 0) process.exitCode = 1;
    })
    .compose(new spec())
    .pipe(process.stdout);

  function note(event) {
    const isFile = absolute.includes(path.resolve(root, event.name));
    const left =
      (event.skip !== undefined && event.skip !== false) || (event.todo !== undefined && event.todo !== false);
    if (left) notExecuted.push(`${event.name} (${event.skip === undefined ? 'todo' : 'skipped'})`);
    else if (!isFile && event.details.type !== 'suite') executed += 1;
  }
}

function stop(reason) {
  console.error(reason);
  process.exit(1);
}
