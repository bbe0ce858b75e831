import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { AxeResults } from 'axe-core';
import { chromium, type Browser, type Locator, type Page } from 'playwright-core';
import { serveDashboard, type Dashboard } from '../src/dashboard/server.js';
import type { AblationRowOutcome, Outcome, RunEvent } from '../src/telemetry/events.js';
import { packageRoot } from './packageRoot.js';
import { chromiumPath, withoutChromium } from './support/chromium.js';
import { appendEvents, candidate, runStarted, trainStep, SUPERNET } from './support/journals.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The views, and what each shows of a finished run. */
const VIEWS = {
  overview: 'Results',
  anatomy: 'What the best candidates choose',
  search: 'What matters',
  training: 'Gradient norm, before clipping',
  trust: 'Can the search be trusted?',
} as const;

/** A name and messages that would do harm if they were read as HTML. */
const HOSTILE = '<img src=x onerror="document.title=1">';

const HOSTILE_TRAINING = '<b>training';

function finished(result: Outcome): RunEvent {
  return { type: 'runFinished', durationSeconds: 1, result };
}

function rowOutcome(test: number): AblationRowOutcome {
  const backbone = { imageSize: 32, patchSize: 8, channels: 3, classes: 2, dim: 24, heads: 3 };
  const architecture = { family: 'glit', backbone, blocks: [{ globalHeads: 3, localHeads: 0, ffnRatio: 4 }] };
  return { architecture, measures: { macs: 1e6, parameters: 1e5 }, heldOut: test, test };
}

/** The journal of a check of six candidates. */
function trustEvents(): readonly RunEvent[] {
  const known = { value: 0.62, interval: { low: 0.1, high: 0.9 } };
  const paths = [0, 1, 2, 3, 4, 5].map((each) => [each, 0]);
  return [
    runStarted('trust'),
    {
      type: 'trustPlanned',
      level: 'high',
      searched: 3,
      drawn: 3,
      seeds: 1,
      images: { train: 100, halfA: 20, halfB: 20 },
      training: { steps: 10 },
    },
    ...paths.map((each, at): RunEvent => ({
      type: 'candidateRescored',
      stage: { kind: 'rescore', level: 'high' },
      path: each,
      recalibrated: true,
      fitness: 0.4 + at / 50,
      done: at + 1,
      total: 6,
    })),
    ...paths.map((each, at): RunEvent => ({
      type: 'evaluation',
      stage: { kind: 'trust', level: 'high', path: each, repeat: 1, number: at + 1, total: 6 },
      weights: 'last',
      split: 'searchVal',
      half: 'B',
      accuracy: 0.5 + at / 60,
      images: 20,
    })),
    finished({
      level: 'high',
      candidates: 6,
      seeds: 1,
      tau: known,
      tauOfOneSeed: known,
      tauWithoutRecalibration: known,
      recalibrationGain: { value: 0, interval: { low: -0.1, high: 0.1 } },
      ceiling: { value: null, interval: null },
      tauOfMeasures: { macs: known },
      regret: [
        { k: 1, ...known },
        { k: 3, value: null, interval: null },
      ],
    }),
  ];
}

describe('the page of the dashboard', { skip: withoutChromium }, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'glit-page-'));
  const live = path.join(folder, 'runs', 'live');
  const hostile = path.join(folder, 'runs', HOSTILE.replaceAll('/', ''));
  const long = path.join(folder, 'runs', 'long');
  let run: ChildProcess;
  let ended: Promise<number | null>;
  let said = '';
  let dashboard: Dashboard;
  let browser: Browser;
  before(async () => {
    const command = [path.join(packageRoot, 'dist/src/cli/main.js'), ...smallRun(live)];
    run = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'ignore'] });
    run.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    ended = new Promise((resolve) => run.on('exit', resolve));
    for (const each of [hostile, long]) mkdirSync(each, { recursive: true });
    appendEvents(path.join(hostile, 'journal.jsonl'), [
      runStarted(HOSTILE),
      { type: 'stageStarted', stage: { kind: 'search', level: HOSTILE }, steps: 40 },
      ...Array.from({ length: 40 }, (_, id) => candidate(id, 40, { stage: { kind: 'search', level: HOSTILE } })),
      { type: 'warning', message: `${HOSTILE}\u001b[31m\u202e` },
      { type: 'runFailed', message: HOSTILE },
    ]);
    const steps = 100_000;
    appendEvents(path.join(long, 'journal.jsonl'), [
      runStarted(),
      { type: 'stageStarted', stage: SUPERNET, steps },
      ...Array.from({ length: steps }, (_, at) => trainStep(at + 1, steps)),
    ]);
    const journal = (...name: readonly string[]): string => {
      mkdirSync(path.join(folder, 'runs', ...name), { recursive: true });
      return path.join(folder, 'runs', ...name, 'journal.jsonl');
    };
    appendEvents(journal('check'), trustEvents());
    for (const [seed, row, test] of [
      [0, 'both', 0.6],
      [1, 'both', 0.62],
      [0, 'deit', 0.5],
    ] as const) {
      appendEvents(journal('study', `seed-${seed}`, row), [runStarted('ablate'), finished(rowOutcome(test))]);
    }
    const training = [runStarted('train'), { type: 'stageStarted', stage: SUPERNET, steps: 20 } as const];
    const steps20 = Array.from({ length: 20 }, (_, at) => trainStep(at + 1, 20));
    const trained = { ...rowOutcome(0.55), averageTest: null, onnxAccuracy: 0.55 };
    appendEvents(journal('trained'), [...training, ...steps20, finished(trained)]);
    appendEvents(journal(HOSTILE_TRAINING), [...training, ...steps20, { type: 'runInterrupted' }]);
    dashboard = await serveDashboard({ folders: [path.join(folder, 'runs')], host: '127.0.0.1', port: 0 });
    browser = await chromium.launch({ executablePath: chromiumPath ?? '', args: ['--no-sandbox'] });
  });
  after(async () => {
    run.kill();
    await browser.close();
    await dashboard.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const idOf = async (name: string): Promise<string> => {
    const listed = (await (await fetch(`${dashboard.url}api/runs`)).json()) as readonly { id: string; name: string }[];
    return listed.find((each) => each.name === name)?.id ?? '';
  };
  const address = async (name: string, view: string): Promise<string> =>
    `${dashboard.url}#/${await idOf(name)}/${view}`;

  test('follows a run while it works, to its end', { timeout: 300_000 }, async () => {
    while (!existsSync(path.join(live, 'journal.jsonl')) && run.exitCode === null) await wait(100);
    // The command's own dashboard lasts as long as the command.
    const [, own = ''] = /"type":"dashboard","url":"(.*?)"/.exec(said) ?? [];
    const listed = (await (await fetch(`${own}api/runs`)).json()) as readonly { readonly name: string }[];
    assert.deepEqual(
      listed.map(({ name }) => name),
      ['live'],
    );
    const { page, faults } = await openPage(browser);
    await page.goto(await address('live', 'overview'));
    await page.getByText('running', { exact: true }).first().waitFor();
    await page.locator('.stages progress').first().waitFor();
    // Nothing is reloaded: the figures come by themselves.
    await page.locator('.badge.finished').waitFor({ timeout: 250_000 });
    assert.equal(await ended, 0);
    assert.equal(await page.getByRole('row', { name: /the found network/ }).count(), 1);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test(
    'has every view of a finished run, without an error or a serious finding of axe',
    { timeout: 300_000 },
    async () => {
      for (const [scheme, width] of [
        ['light', 1280],
        ['dark', 390],
      ] as const) {
        const { page, faults } = await openPage(browser, { scheme, width });
        for (const [view, heading] of Object.entries(VIEWS)) {
          await page.goto(await address('live', view));
          await page.getByRole('heading', { name: heading, exact: true }).waitFor();
          assert.deepEqual(await seriousFindings(page), [], `${view}, ${scheme}`);
          const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
          assert.ok(overflow <= 0, `${view} is ${overflow} pixels too wide for ${width}`);
        }
        assert.deepEqual(faults, []);
        await page.close();
      }
    },
  );

  test('is one file at the end of a run, which needs no network', { timeout: 120_000 }, async () => {
    const file = path.join(live, 'report.html');
    assert.ok(statSync(file).size < 3e6, `${statSync(file).size} bytes`);
    const { page, faults } = await openPage(browser);
    await page.context().setOffline(true);
    for (const [view, heading] of Object.entries(VIEWS)) {
      await page.goto(`${pathToFileURL(file).href}#/report/${view}`);
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    }
    await page.goto(`${pathToFileURL(file).href}#/report/training`);
    const picture = page.getByRole('img', { name: 'The first batch of supernet-high, as the network sees it' });
    await picture.scrollIntoViewIfNeeded();
    await page.waitForFunction('[...document.images].at(0)?.naturalWidth > 0');
    await page.goto(`${pathToFileURL(file).href}#/report/anatomy`);
    await page.getByRole('heading', { name: 'GLiT-Tiny, as released' }).waitFor();
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('shows hostile names as they are', { timeout: 120_000 }, async () => {
    const { page, faults } = await openPage(browser);
    for (const view of Object.keys(VIEWS)) {
      await page.goto(await address(path.basename(hostile), view));
      await page.locator(`nav a[aria-current][href$=${view}]`).waitFor();
      await page.locator('main section, main > p').first().waitFor();
    }
    await page.goto(await address(path.basename(hostile), 'overview'));
    assert.match(
      (await page.locator('.notices').textContent()) ?? '',
      /<img src=x onerror="document.title=1">�\[31m�$/,
    );
    assert.equal(await page.locator('img[src=x]').count(), 0);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('is used by keyboard: filter, sort, mark, look at a candidate', { timeout: 120_000 }, async () => {
    const { page, faults } = await openPage(browser);
    await page.goto(await address(path.basename(hostile), 'search'));
    const rows = page.locator('table tbody tr');
    await rows.first().waitFor();
    await page.getByRole('searchbox', { name: 'Filter' }).fill('mutation L3');
    const filtered = await rows.count();
    assert.ok(filtered > 0 && filtered < 25, String(filtered));
    await page.getByRole('button', { name: 'loss' }).press('Enter');
    assert.equal(await page.locator('th[aria-sort=descending]').textContent(), 'loss ▾');
    await page.getByText('Bounds', { exact: true }).press('Enter');
    await page.getByLabel('from fitness, %').fill('60');
    await page.getByLabel('from fitness, %').press('Enter');
    await page.getByText(/^\d+ of 40 candidates/).waitFor();
    const [, marked] = /^(\d+) of 40/.exec((await page.getByText(/of 40 candidates/).textContent()) ?? '') ?? [];
    assert.ok(Number(marked) > 0 && Number(marked) < 40, marked);
    await page.getByRole('searchbox', { name: 'Filter' }).fill('');
    await rows.first().getByRole('button').press('Enter');
    await page.getByRole('heading', { name: 'Networks, block by block' }).waitFor();
    assert.match(page.url(), /\/anatomy\/search-/);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('is used by mouse: what is marked in one chart holds in all views', { timeout: 120_000 }, async () => {
    const { page, faults } = await openPage(browser);
    await page.goto(await address(path.basename(hostile), 'search'));
    const count = async (): Promise<number> => {
      const text = (await page.getByText(/^\d+ of 40 candidates/).textContent()) ?? '';
      return Number.parseInt(text, 10);
    };
    assert.equal(await count(), 40);
    const chart = page.getByRole('img', { name: /^Fitness against/ });
    await drag(page, chart, [0.3, 0.15], [0.9, 0.5]);
    await page.locator('.bounds input').first().waitFor();
    assert.match(await page.getByLabel('from fitness, %').inputValue(), /^\d/);
    const marked = await count();
    assert.ok(marked > 0 && marked < 40, String(marked));
    assert.equal(await page.getByRole('button', { name: `Save ${marked} as CSV` }).count(), 1);
    await page.getByRole('button', { name: 'Remove all marks' }).click();
    assert.equal(await count(), 40);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('shows a check of a search and the rows of a study', { timeout: 120_000 }, async () => {
    const { page, faults } = await openPage(browser);
    await page.goto(await address('check', 'trust'));
    const row = page.getByRole('row', { name: /^fitness 0\.62/ });
    await row.waitFor();
    assert.equal(await row.textContent(), 'fitness0.620.10 to 0.90');
    assert.equal(await page.getByRole('row', { name: 'the best 3 –' }).count(), 1, 'what is not known');
    await page.getByRole('img', { name: /6 candidates/ }).waitFor();
    const both = page.getByRole('row', { name: /^both/ });
    assert.equal(await both.textContent(), 'both261.00 %60.00 %62.00 %');
    assert.deepEqual(await seriousFindings(page), []);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('shows the network of a training, and two runs side by side', { timeout: 120_000 }, async () => {
    const { page, faults } = await openPage(browser);
    await page.goto(await address('trained', 'anatomy'));
    await page.getByRole('heading', { name: 'The network', exact: true }).waitFor();
    await page.getByText('test 55.00 %', { exact: false }).waitFor();
    await page.goto(await address('trained', 'training'));
    const other = page.getByLabel('Beside');
    await other.selectOption({ label: `${HOSTILE_TRAINING} (interrupted)` });
    await page.getByRole('checkbox', { name: `(${HOSTILE_TRAINING})` }).waitFor();
    assert.equal(await page.getByRole('checkbox', { checked: true }).count(), 2);
    await page.getByRole('row', { name: `(${HOSTILE_TRAINING})` }).waitFor();
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('is light or dark as the system is, or as the reader chose', { timeout: 120_000 }, async () => {
    const { page } = await openPage(browser, { scheme: 'dark' });
    await page.goto(await address('trained', 'overview'));
    const background = (): Promise<string> => page.evaluate('getComputedStyle(document.body).backgroundColor');
    await page.locator(':root[data-theme=dark]').waitFor();
    const dark = await background();
    await page.getByLabel('Colours').selectOption('light');
    await page.locator(':root[data-theme=light]').waitFor();
    assert.notEqual(await background(), dark);
    await page.reload();
    await page.locator(':root[data-theme=light]').waitFor();
    await page.close();
  });

  test('moves the focus to the view that is asked for', { timeout: 120_000 }, async () => {
    const { page } = await openPage(browser);
    await page.goto(await address('trained', 'overview'));
    const link = page.getByRole('link', { name: 'Training', exact: true });
    await link.press('Enter');
    await page.locator('main:focus').waitFor();
    await page.getByRole('heading', { name: 'At the end' }).waitFor();
    await page.close();
  });

  test('opens a run of 100,000 events, and one that is deleted keeps its figures', { timeout: 120_000 }, async () => {
    const { page, faults } = await openPage(browser);
    const began = performance.now();
    await page.goto(await address('long', 'overview'));
    await page.locator('.stages progress').first().waitFor();
    // A second on a machine that does nothing else.
    assert.ok(performance.now() - began < 10_000, `${performance.now() - began} ms`);
    await page.getByText('100000 / 100000').waitFor();
    rmSync(long, { recursive: true });
    await page.locator('.badge', { hasText: 'deleted' }).waitFor();
    assert.equal(await page.getByText('100000 / 100000').count(), 1);
    assert.deepEqual(faults, []);
    await page.close();
  });
});

/** The arguments of a run of seconds on built-in images, with a search on two levels. */
function smallRun(out: string): readonly string[] {
  const lengths = ['supernet.steps=12', 'retrain.recipe.steps=12', 'search.population=6'];
  // Random search would go on for as long as everything before it.
  const others = ['retrain.baselines=false', 'data.source=warmer-disc'];
  const given = [...lengths, ...others].flatMap((each) => ['--set', each]);
  return ['run', '--preset', 'smoke', ...given, '--out', out, '--dashboard', '--json'];
}

/** A page that collects what goes wrong in it: errors, messages of errors, and requests to other places. */
async function openPage(
  browser: Browser,
  { scheme = 'light', width = 1280 }: { readonly scheme?: 'light' | 'dark'; readonly width?: number } = {},
): Promise<{ readonly page: Page; readonly faults: readonly string[] }> {
  const page = await browser.newPage({ colorScheme: scheme, viewport: { width, height: 900 } });
  const faults: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(message.text());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('request', (request) => {
    if (!/^(http:\/\/127\.0\.0\.1:|file:|data:|blob:)/.test(request.url())) faults.push(`asked for ${request.url()}`);
  });
  return { page, faults };
}

/** Drags from one point of an element to another, each given in shares of its size. */
async function drag(page: Page, element: Locator, from: readonly number[], to: readonly number[]): Promise<void> {
  await element.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await element.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(x + from[0] * width, y + from[1] * height);
  await page.mouse.down();
  await page.mouse.move(x + to[0] * width, y + to[1] * height, { steps: 6 });
  await page.mouse.up();
}

async function seriousFindings(page: Page): Promise<readonly string[]> {
  const { violations } = await page.evaluate<AxeResults>(`${axe}; axe.run(document)`);
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' ')}`);
}

function wait(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
