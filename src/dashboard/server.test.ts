import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { appendEvents, runStarted, trainStep } from '../../test/support/journals.js';
import { UserError } from '../errors.js';
import type { RunEvent } from '../telemetry/events.js';
import { checkAddress } from './access.js';
import { requireFolders } from './runs.js';
import { serveDashboard, type Dashboard } from './server.js';

const folder = mkdtempSync(path.join(tmpdir(), 'glit-dashboard-'));
const run = path.join(folder, 'runs', '<b>photos & "more"');
mkdirSync(path.join(run, 'batches'), { recursive: true });
writeFileSync(path.join(run, 'batches', 'supernet-high.png'), 'a picture');
writeFileSync(path.join(run, 'config.yaml'), 'secret: yes');
writeFileSync(path.join(folder, 'secret.png'), 'secret');
appendEvents(path.join(run, 'journal.jsonl'), [runStarted(), trainStep(1, 10)]);
after(() => rmSync(folder, { recursive: true }));

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Asks for a path as it is; `fetch` would clean it up. */
function ask(base: string, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  const { hostname, port } = new URL(base);
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, method, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text, headers: response.headers }));
    })
      .on('error', reject)
      .end();
  });
}

const open = (token?: string): Promise<Dashboard> =>
  serveDashboard({ folders: [path.join(folder, 'runs')], host: '127.0.0.1', port: 0, token });

describe('the dashboard on this machine', () => {
  let dashboard: Dashboard;
  before(async () => (dashboard = await open()));
  after(() => dashboard.close());
  const get = (path: string, headers = {}, method = 'GET') => ask(dashboard.url, path, headers, method);
  const list = async () => JSON.parse((await get('/api/runs')).text) as { id: string; name: string; status: string }[];

  test('lists runs and gives their news', async () => {
    const [{ id, name, status }] = await list();
    assert.deepEqual([name, status], [path.basename(run), 'running']);
    const first = JSON.parse((await get(`/api/runs/${id}`)).text) as { epoch: number; digest: { events: number } };
    assert.equal(first.digest.events, 2);
    const next = JSON.parse((await get(`/api/runs/${id}?epoch=${first.epoch}&events=1`)).text) as object;
    assert.deepEqual(Object.keys(next), ['epoch', 'read', 'broken', 'gone', 'batches', 'entries']);
    assert.equal((await get(`/api/runs/${id}/batches/supernet-high.png`)).text, 'a picture');
  });

  test('lists a run once, by names that tell folders apart, and knows the end of one with a long last line', async () => {
    const study = path.join(folder, 'studies', 'seed-0', 'both');
    mkdirSync(study, { recursive: true });
    const result = { candidates: 1, finalists: [], note: 'x'.repeat(100_000) };
    const finished = { type: 'runFinished', durationSeconds: 1, result } as unknown as RunEvent;
    appendEvents(path.join(study, 'journal.jsonl'), [runStarted('search'), finished]);
    const roots = ['runs', 'studies', path.join('studies', 'seed-0')].map((each) => path.join(folder, each));
    const several = await serveDashboard({ folders: roots, host: '127.0.0.1', port: 0 });
    try {
      const runs = JSON.parse((await ask(several.url, '/api/runs')).text) as { name: string; status: string }[];
      const named = new Map(runs.map(({ name, status }) => [name.replaceAll('\\', '/'), status]));
      assert.equal(runs.length, 2);
      assert.ok(named.has(`runs/${path.basename(run)}`), [...named.keys()].join());
      assert.deepEqual([...named.values()].sort(), ['finished', 'running']);
      const alone = await serveDashboard({ folders: [study], host: '127.0.0.1', port: 0 });
      const [only] = JSON.parse((await ask(alone.url, '/api/runs')).text) as { name: string }[];
      await alone.close();
      assert.equal(only.name, 'both');
    } finally {
      await several.close();
    }
  });

  test('shows nothing but pages, news and first batches', async () => {
    const [{ id }] = await list();
    for (const path of [
      `/api/runs/${id}/batches/..%2F..%2F..%2Fsecret.png`,
      `/api/runs/${id}/batches/../config.yaml`,
      `/api/runs/${id}/../../../secret.png`,
      `/api/runs/..%2f..%2fsecret.png`,
      '/../../etc/passwd',
      '//etc/passwd',
      '/api/runs/ffffffffffff',
      '/config.yaml',
    ]) {
      const { status, text } = await get(path);
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /secret|root:/, path);
    }
    assert.equal((await get('/', {}, 'POST')).status, 405);
  });

  test('is one page whose policy lets only its own script run', async () => {
    const { text, headers } = await get('/');
    assert.match(String(headers['content-type']), /^text\/html/);
    assert.match(text, /default-src 'none'; script-src 'sha256-/);
    assert.doesNotMatch(text, /(src|href)="https?:/);
  });

  test('does not answer under a name that is not of this machine', async () => {
    assert.equal((await get('/api/runs', { Host: 'evil.example:80' })).status, 403);
    assert.equal((await get('/api/runs', { Host: 'localhost:7007' })).status, 200);
  });
});

describe('the dashboard with a token', () => {
  const token = 'correct-horse-battery';
  let dashboard: Dashboard;
  before(async () => (dashboard = await open(token)));
  after(() => dashboard.close());

  test('wants it in the address once, then in the cookie', async () => {
    const { url } = dashboard;
    assert.ok(url.endsWith(`/?token=${token}`));
    for (const [path, cookie] of [
      ['/', ''],
      ['/api/runs', `glit-token-${new URL(url).port}=wrong-horse-battery`],
      // The cookie of another dashboard.
      ['/api/runs', `glit-token-1=${token}`],
      ['/?token=wrong', ''],
      ['/?token=', `glit-token-${new URL(url).port}=${token}x`],
    ]) {
      assert.equal((await ask(url, path, { Cookie: cookie })).status, 403, `${path} ${cookie}`);
    }
    const given = await ask(url, `/?token=${token}`);
    assert.deepEqual([given.status, given.headers.location], [303, '/']);
    const [cookie] = String(given.headers['set-cookie']).split(';');
    assert.equal((await ask(url, '/api/runs', { Cookie: `other=1; ${cookie}`, Host: 'my-machine:7007' })).status, 200);
  });
});

test('it closes at once if nobody follows a run, and else once the end has been told', async () => {
  const timeOf = async (work: Promise<void>): Promise<number> => {
    const began = performance.now();
    await work;
    return performance.now() - began;
  };
  const alone = await open();
  await ask(alone.url, '/api/runs');
  assert.ok((await timeOf(alone.closeWhenSeen())) < 1000);

  const followed = await open();
  const [{ id }] = JSON.parse((await ask(followed.url, '/api/runs')).text) as { id: string }[];
  await ask(followed.url, `/api/runs/${id}`);
  let closed = false;
  const closing = followed.closeWhenSeen().then(() => (closed = true));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(!closed);
  assert.equal((await ask(followed.url, `/api/runs/${id}`)).status, 200);
  await closing;
});

test('an address that others can reach needs a token that is hard to guess', async () => {
  for (const host of ['0.0.0.0', '192.168.1.7', '::', 'my-machine']) {
    assert.throws(() => checkAddress(host, undefined), UserError, host);
    checkAddress(host, 'correct-horse-battery');
  }
  assert.throws(() => checkAddress('0.0.0.0', 'short'), /5 characters/);
  assert.throws(() => checkAddress('0.0.0.0', 'a token with spaces'), /characters that an address cannot have/);
  for (const host of ['127.0.0.1', 'localhost', '::1']) checkAddress(host, undefined);
  await assert.rejects(serveDashboard({ folders: [folder], host: '0.0.0.0', port: 0 }), UserError);
});

test('one that listens everywhere says an address that a browser can open', async () => {
  const token = 'correct-horse-battery';
  const everywhere = await serveDashboard({ folders: [folder], host: '0.0.0.0', port: 0, token });
  try {
    const { hostname } = new URL(everywhere.url);
    assert.notEqual(hostname, '0.0.0.0');
    assert.equal((await ask(everywhere.url, `/?token=${token}`)).status, 303);
  } finally {
    await everywhere.close();
  }
});

test('a missing folder and a taken port are named', async () => {
  assert.throws(() => requireFolders([folder, 'nowhere']), /nowhere is not a folder/);
  const first = await open();
  const port = Number(new URL(first.url).port);
  try {
    await assert.rejects(serveDashboard({ folders: [folder], host: '127.0.0.1', port }), /is in use; give another/);
  } finally {
    await first.close();
  }
});
